import { describe, expect, it } from 'vitest';
import { stepOf, totpKey } from './totp-key.js';

/** The key of both RFCs, as text. */
const KEY = Buffer.from('12345678901234567890').toString('hex');
const keyOf = (fields: object = {}) => totpKey.parse({ key: KEY, digits: 6, tolerance: 0, ...fields });

describe('the vectors', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('of RFC 6238: at %i the code is %s', (nowS, code) => {
    expect(stepOf(keyOf({ digits: 8 }), code, nowS)).toBe(Math.floor(nowS / 30));
  });

  it.each(
    '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'
      .split(' ')
      .map((code, count) => [count, code] as const),
  )('of RFC 4226: count %i is %s', (count, code) => {
    expect(stepOf(keyOf(), code, count * 30)).toBe(count);
  });
});

describe('a code', () => {
  it('counts one step before and after its own, and no further (accident 32)', () => {
    const taken = [3, 4, 5, 6, 7].map((step) => stepOf(keyOf({ tolerance: 1 }), '254676', step * 30 + 29));
    expect(taken).toEqual([undefined, 5, 5, 5, undefined]);
  });

  it('may have lost the zeros in front of it, as numbers do', () => {
    expect(stepOf(keyOf({ digits: 8 }), '7081804', 1_111_111_109)).toBeDefined();
  });

  it.each(['', 'abcdef', '75522', '7552240', '-755224', '755 224', '٧٥٥٢٢٤'])('that is %j is none', (code) => {
    expect(stepOf(keyOf(), code, 0)).toBeUndefined();
  });

  it('follows the clock that its device was known to have, and where it begins', () => {
    expect(stepOf(keyOf({ drift: -1 }), '254676', 6 * 30)).toBe(5);
    expect(stepOf(keyOf({ t0: 3000 }), '254676', 3150)).toBe(5);
    expect(stepOf(keyOf({ t0: 3000 }), '755224', 100)).toBeUndefined();
  });

  it('can be made of a key as short as one byte, which other makers took', () => {
    expect(stepOf(keyOf({ key: 'aa' }), '755224', 0)).toBeUndefined();
  });
});
