import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.js';
import { Sealer, UnsealError } from './sealing.js';
import { SecretBox } from './secret-box.js';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [older, newer] = [key('older'), key('newer')];
const boxWith = (keys: string) => new SecretBox(new Sealer(keys));
const id = { object: 'stage 1', field: 'private_key' };

describe('a secret in a document', () => {
  it('opens to its value, and is not readable while sealed', () => {
    const sealed = boxWith(older).seal(id, 'hush');
    expect(JSON.stringify(sealed)).not.toContain('hush');
    expect(boxWith(older).open(id, sealed)).toBe('hush');
  });

  it('is sealed to the same bytes until it changes', () => {
    const sealed = boxWith(older).seal(id, 'hush');
    const box = boxWith(older);
    box.open(id, sealed);
    expect(box.seal(id, 'hush')).toEqual(sealed);
    expect(box.seal(id, 'louder')).not.toEqual(sealed);
  });

  it.each([
    ['another object', { ...id, object: 'stage 2' }],
    ['another field', { ...id, field: 'public_key' }],
  ])('does not open for %s', (_which, other) => {
    expect(() => boxWith(older).open(other, boxWith(older).seal(id, 'hush'))).toThrow(UnsealError);
  });

  it('is sealed again after a key rotation', () => {
    const sealed = boxWith(older).seal(id, 'hush');
    const box = boxWith(`${newer},${older}`);
    expect(box.open(id, sealed)).toBe('hush');
    expect(box.isStale(sealed)).toBe(true);
    const again = box.seal(id, 'hush');
    expect(again).not.toEqual(sealed);
    expect(box.isStale(again)).toBe(false);
  });

  it('is stale while it is plaintext, unless it is empty', () => {
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

  it('is returned unchanged if it was never sealed', () => {
    expect(new SecretBox(undefined).open(id, { 'gatehouse:sealed': 1 })).toEqual({ 'gatehouse:sealed': 1 });
  });
});
