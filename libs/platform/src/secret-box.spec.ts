import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.js';
import { Sealer, UnsealError } from './sealing.js';
import { SecretBox } from './secret-box.js';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [older, newer] = [key('older'), key('newer')];
const vaultOf = (keys: string) => new SecretBox(new Sealer(keys));
const place = { object: 'stage 1', field: 'private_key' };

describe('a secret in a document', () => {
  it('is opened as it was, and shows nothing of itself before', () => {
    const sealed = vaultOf(older).seal(place, 'hush');
    expect(JSON.stringify(sealed)).not.toContain('hush');
    expect(vaultOf(older).open(place, sealed)).toBe('hush');
  });

  it('is written again as it stood, until it changes', () => {
    const sealed = vaultOf(older).seal(place, 'hush');
    const vault = vaultOf(older);
    vault.open(place, sealed);
    expect(vault.seal(place, 'hush')).toEqual(sealed);
    expect(vault.seal(place, 'louder')).not.toEqual(sealed);
  });

  it.each([
    ['another object', { ...place, object: 'stage 2' }],
    ['another field', { ...place, field: 'public_key' }],
  ])('is not opened in the place of %s', (_which, other) => {
    expect(() => vaultOf(older).open(other, vaultOf(older).seal(place, 'hush'))).toThrow(UnsealError);
  });

  it('is sealed anew once another key seals', () => {
    const sealed = vaultOf(older).seal(place, 'hush');
    const vault = vaultOf(`${newer},${older}`);
    expect(vault.open(place, sealed)).toBe('hush');
    expect(vault.isStale(sealed)).toBe(true);
    const again = vault.seal(place, 'hush');
    expect(again).not.toEqual(sealed);
    expect(vault.isStale(again)).toBe(false);
  });

  it('is stale where it stands open, and nothing is no secret', () => {
    expect(vaultOf(older).isStale('hush')).toBe(true);
    for (const nothing of ['', null, undefined]) {
      expect(vaultOf(older).isStale(nothing)).toBe(false);
      expect(vaultOf(older).seal(place, nothing)).toBe(nothing);
    }
  });

  it('needs a key, and says which secret', () => {
    expect(() => new SecretBox(undefined).seal(place, 'hush')).toThrow(
      new ConfigError('SEAL_KEYS is not set, and the private_key of stage 1 is a secret'),
    );
  });

  it('comes back as it is where it was never sealed', () => {
    expect(new SecretBox(undefined).open(place, { 'gatehouse:sealed': 1 })).toEqual({ 'gatehouse:sealed': 1 });
  });
});
