import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.js';
import { Sealer, UnsealError } from './sealing.js';
import { convertSealedValues, SecretBox } from './secret-box.js';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [older, newer] = [key('older'), key('newer')];
const boxWith = (keys: string) => new SecretBox(new Sealer(keys));
const id = { object: 'stage 1', field: 'private_key' };

describe('a secret in a document', () => {
  it('is encrypted, and decrypted to its value', () => {
    const sealed = boxWith(older).seal(id, 'hush');
    expect(JSON.stringify(sealed)).not.toContain('hush');
    expect(boxWith(older).open(id, sealed)).toBe('hush');
  });

  it('is encrypted to the same bytes until it changes', () => {
    const sealed = boxWith(older).seal(id, 'hush');
    const box = boxWith(older);
    box.open(id, sealed);
    expect(box.seal(id, 'hush')).toEqual(sealed);
    expect(box.seal(id, 'louder')).not.toEqual(sealed);
  });

  it.each([
    ['another object', { ...id, object: 'stage 2' }],
    ['another field', { ...id, field: 'public_key' }],
  ])('cannot be decrypted for %s', (_which, other) => {
    expect(() => boxWith(older).open(other, boxWith(older).seal(id, 'hush'))).toThrow(UnsealError);
  });

  it('is encrypted again after a key rotation', () => {
    const sealed = boxWith(older).seal(id, 'hush');
    const box = boxWith(`${newer},${older}`);
    expect(box.open(id, sealed)).toBe('hush');
    expect(box.isStale(sealed)).toBe(true);
    const again = box.seal(id, 'hush');
    expect(again).not.toEqual(sealed);
    expect(box.isStale(again)).toBe(false);
  });

  it('is stale if it is plaintext and not empty', () => {
    expect(boxWith(older).isStale('hush')).toBe(true);
    for (const nothing of ['', null, undefined]) {
      expect(boxWith(older).isStale(nothing)).toBe(false);
      expect(boxWith(older).seal(id, nothing)).toBe(nothing);
    }
  });

  it('throws a ConfigError that names the secret when SEAL_KEYS is not set', () => {
    expect(() => new SecretBox(undefined).seal(id, 'hush')).toThrow(
      new ConfigError('SEAL_KEYS is not set, but the private_key of stage 1 is a secret. Set SEAL_KEYS.'),
    );
  });

  it('is returned unchanged by `open` if it is not in the format of an encrypted value', () => {
    expect(new SecretBox(undefined).open(id, { 'gatehouse:sealed': 1 })).toEqual({ 'gatehouse:sealed': 1 });
  });
});

describe('the sealed values of a document', () => {
  it('are converted with the object to which their part is bound, and other values are not converted', () => {
    const sealed = (text: string) => ({ 'gatehouse:sealed': Buffer.from(text).toString('base64') });
    const document = {
      a: sealed('x'),
      list: [{ id: 'stage 2', config: { b: sealed('y') } }],
      plain: { c: null, d: 'e' },
    };
    const found: unknown[] = [];
    const converted = convertSealedValues(
      document,
      { object: 'whole', ownerOf: ({ id }) => (typeof id === 'string' ? id : undefined) },
      (secret, bytes) => {
        found.push([secret, bytes.toString()]);
        return 'converted';
      },
    );
    expect(found).toEqual([
      [{ object: 'whole', field: 'a' }, 'x'],
      [{ object: 'stage 2', field: 'b' }, 'y'],
    ]);
    expect(converted).toEqual({
      ...{ a: 'converted', list: [{ id: 'stage 2', config: { b: 'converted' } }], plain: { c: null, d: 'e' } },
    });
  });
});
