import { generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { lastTimeStep, matchTimeStep, totpKey } from './totp-key.js';

/** The key of the test vectors in RFC 4226 and RFC 6238. */
const KEY = Buffer.from('12345678901234567890').toString('hex');
const keyOf = (fields: object = {}) => totpKey.parse({ key: KEY, digits: 6, tolerance: 0, ...fields });

describe('test vectors', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('of RFC 6238: the code at second %i is %s', (nowS, code) => {
    expect(matchTimeStep(keyOf({ digits: 8 }), code, nowS)).toBe(Math.floor(nowS / 30));
  });

  it.each(
    '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'
      .split(' ')
      .map((code, count) => [count, code] as const),
  )('of RFC 4226: the code for the counter %i is %s', (count, code) => {
    expect(matchTimeStep(keyOf(), code, count * 30)).toBe(count);
  });
});

describe('matching a code', () => {
  it('accepts a code at most one time step early or late (accident 32)', () => {
    const matchedSteps = [3, 4, 5, 6, 7].map((step) =>
      matchTimeStep(keyOf({ tolerance: 1 }), '254676', step * 30 + 29),
    );
    expect(matchedSteps).toEqual([undefined, 5, 5, 5, undefined]);
  });

  it('restores lost leading zeros', () => {
    expect(matchTimeStep(keyOf({ digits: 8 }), '7081804', 1_111_111_109)).toBeDefined();
  });

  it.each(['', 'abcdef', '75522', '7552240', '-755224', '755 224', '٧٥٥٢٢٤'])(
    'refuses the malformed code %j',
    (code) => {
      expect(matchTimeStep(keyOf(), code, 0)).toBeUndefined();
    },
  );

  it('takes the drift and the start time of the device into account', () => {
    expect(matchTimeStep(keyOf({ drift: -1 }), '254676', 6 * 30)).toBe(5);
    expect(matchTimeStep(keyOf({ t0: 3000 }), '254676', 3150)).toBe(5);
    expect(matchTimeStep(keyOf({ t0: 3000 }), '755224', 100)).toBeUndefined();
  });

  it('supports imported keys as short as one byte', () => {
    expect(matchTimeStep(keyOf({ key: 'aa' }), '755224', 0)).toBeUndefined();
  });
});

it.each([{}, { drift: 7 }, { drift: -7, tolerance: 0 }, { step: 60, t0: 1_000_000, drift: 2 }])(
  'the last time step is the highest step of an accepted code (%j)',
  (fields) => {
    const key = keyOf({ tolerance: 1, ...fields });
    const nowS = 1_764_388_811;
    const last = lastTimeStep(key, nowS);
    const codeOf = (step: number) =>
      generateSync({ secret: Buffer.from(KEY, 'hex'), epoch: key.t0 + step * key.step, period: key.step, t0: key.t0 });
    expect([last, last + 1].map((step) => matchTimeStep(key, codeOf(step), nowS))).toEqual([last, undefined]);
  },
);
