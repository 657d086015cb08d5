import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sealer, sealKeyIdOf, UnknownSealKeyError, UnsealError } from './sealing.js';

const key = () => randomBytes(32).toString('base64');
const [first, second] = [key(), key()];
const sealer = new Sealer(`k1:${first}`);
const row = { table: 'plans', id: 'a', revision: 7 };
const body = { password: 'correct horse battery staple', n: [1, null, 'ü'] };

describe('a sealed body', () => {
  it('is decrypted to the value that was sealed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(sealer.open(row, sealer.seal(row, value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  it('contains no plaintext, and differs at each encryption', () => {
    const sealed = sealer.seal(row, body);
    expect(sealed.includes('horse')).toBe(false);
    expect(sealed.equals(sealer.seal(row, body))).toBe(false);
  });
  it('has the format of docs/spec/storage.md', () => {
    const sealed = sealer.seal(row, body);
    expect([...sealed.subarray(0, 4)]).toEqual([0x01, 2, ...Buffer.from('k1')]);
    expect(sealed.length).toBe(2 + 2 + 12 + Buffer.byteLength(JSON.stringify(body)) + 16);
  });
  it.each([
    ['another row', { ...row, id: 'b' }],
    ['another table', { ...row, table: 'outbox' }],
    ['an older revision', { ...row, revision: 6 }],
    ['a newer revision', { ...row, revision: 8 }],
  ])('cannot be decrypted for %s', (_which, other) => {
    expect(() => sealer.open(other, sealer.seal(row, body))).toThrow(UnsealError);
  });
  it('cannot be decrypted for another row whose table and id concatenate to the same text', () => {
    const sealed = sealer.seal({ table: 'plans', id: 'ab', revision: 1 }, body);
    expect(() => sealer.open({ table: 'plansa', id: 'b', revision: 1 }, sealed)).toThrow(UnsealError);
  });
  it('contains the id of its key, and sealKeyIdOf returns undefined for any other value', () => {
    const sealed = sealer.seal(row, body);
    expect(sealKeyIdOf(sealed)).toBe('k1');
    for (const other of [Buffer.alloc(0), Buffer.from('k1'), sealed.subarray(0, 20), Buffer.alloc(64)]) {
      expect(sealKeyIdOf(other)).toBeUndefined();
    }
  });
  it('cannot be decrypted when it is truncated', () => {
    const sealed = sealer.seal(row, body);
    for (let length = 0; length < sealed.length; length++) {
      expect(() => sealer.open(row, sealed.subarray(0, length)), `${length} bytes`).toThrow(UnsealError);
    }
  });
  it('cannot be decrypted when any byte was changed', () => {
    const sealed = sealer.seal(row, body);
    for (let at = 0; at < sealed.length; at++) {
      const forged = Buffer.from(sealed);
      forged[at] = (forged[at] ?? 0) ^ 0x01;
      expect(() => sealer.open(row, forged), `byte ${at}`).toThrow(UnsealError);
    }
  });
  it('cannot be decrypted with another key that has the same id', () => {
    expect(() => new Sealer(`k1:${second}`).open(row, sealer.seal(row, body))).toThrow(UnsealError);
  });
});

describe('after a key rotation, a sealer', () => {
  const rotated = new Sealer(`k2:${second}, k1:${first}`);

  it('decrypts bodies that the old key encrypted', () => {
    expect(rotated.open(row, sealer.seal(row, body))).toEqual(body);
  });
  it('throws an error with the id of the missing key if the old key was removed', () => {
    expect(() => new Sealer(`k2:${second}`).open(row, sealer.seal(row, body))).toThrow(
      new UnknownSealKeyError('the body of plans a was sealed with the key k1, which is not set'),
    );
  });
  it('encrypts with the new key', () => {
    const sealed = rotated.seal(row, body);
    expect(() => sealer.open(row, sealed)).toThrow(UnsealError);
    expect(new Sealer(`k2:${second}`).open(row, sealed)).toEqual(body);
  });
});

describe('digests', () => {
  const [digest] = sealer.digests('codes', 'abc');

  it('are the same for the same purpose, text and key, and different otherwise', () => {
    expect(sealer.digests('codes', 'abc')).toEqual([digest]);
    const others = [
      sealer.digests('numbers', 'abc'),
      sealer.digests('codes', 'abd'),
      new Sealer(`k2:${second}`).digests('codes', 'abc'),
    ];
    for (const [other] of others) expect(other).not.toEqual(digest);
  });
  it('are computed with every key during a rotation, the current key first', () => {
    const rotated = new Sealer(`k2:${second},k1:${first}`).digests('codes', 'abc');
    expect(rotated).toHaveLength(2);
    expect(rotated[1]).toEqual(digest);
  });
});

describe('the keys of a sealer', () => {
  it.each(['', 'k1', 'k1:', `:${first}`, `k1:${randomBytes(31).toString('base64')}`, `k 1:${first}`, `k1:${first},`])(
    'are refused in another format: %j',
    (keys) => {
      expect(() => new Sealer(keys)).toThrow('Expected id:base64 of 32 bytes');
    },
  );
  it('are refused if two of them have the same id', () => {
    expect(() => new Sealer(`k1:${first},k1:${second}`)).toThrow('two seal keys have the same id');
  });
  it('are not in the error message of a refusal', () => {
    const short = randomBytes(31).toString('base64');
    expect(() => new Sealer(`k1:${short}`)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(short) }),
    );
  });
});
