import { generateKeyPairSync } from 'node:crypto';
import { SigningKeys } from '@gatehouse/platform';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { TokenSigner } from './token.signer.js';

function newKey(namedCurve = 'prime256v1'): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}

const HEADER = { issuer: 'https://id.example.org', audience: 'wiki', subject: 'alice', lifetimeS: 60 };

describe('the signing keys of tokens', () => {
  it('sign with the first key of the setting, and publish the public part of every key', async () => {
    const [first, second] = [newKey(), newKey()];
    const old = new TokenSigner({ JWT_SIGNING_KEYS: `old:${second}` });
    const signer = new TokenSigner({ JWT_SIGNING_KEYS: `new:${first},old:${second}` });
    expect(signer.publicKeys.map(({ kid }) => kid)).toEqual(['new', 'old']);
    expect(JSON.stringify(signer.publicKeys)).not.toContain('"d"');
    const keys = createLocalJWKSet({ keys: [...signer.publicKeys] });
    for (const [id, by] of [
      ['old', old],
      ['new', signer],
    ] as const) {
      const token = await by.sign({ groups: ['staff'] }, HEADER);
      const options = { issuer: HEADER.issuer, audience: 'wiki', subject: 'alice', algorithms: ['ES256'] };
      const { payload, protectedHeader } = await jwtVerify(token!, keys, options);
      expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: id });
      expect(payload).toMatchObject({ groups: ['staff'], exp: payload.iat! + 60 });
    }
  });

  it('return the subject of a token that one of them signed for this issuer and audience, even if it has expired', async () => {
    const [first, second] = [newKey(), newKey()];
    const old = new TokenSigner({ JWT_SIGNING_KEYS: `old:${second}` });
    const signer = new TokenSigner({ JWT_SIGNING_KEYS: `new:${first},old:${second}` });
    const token = (await old.sign({}, { ...HEADER, lifetimeS: 0 }))!;
    expect(await signer.subjectOf(token, HEADER)).toBe('alice');
    expect(await signer.subjectOf(token, { ...HEADER, audience: 'shop' })).toBeUndefined();
    expect(await signer.subjectOf(token, { ...HEADER, issuer: 'https://other.example' })).toBeUndefined();
    expect(await old.subjectOf((await signer.sign({}, HEADER))!, HEADER)).toBeUndefined();
    for (const text of ['x', '..', 'e30.e30.', `${token}x`])
      expect(await signer.subjectOf(text, HEADER)).toBeUndefined();
  });

  it('sign nothing and publish no key if JWT_SIGNING_KEYS is not set', async () => {
    const signer = new TokenSigner({ JWT_SIGNING_KEYS: undefined });
    expect(await signer.sign({}, HEADER)).toBeUndefined();
    expect(signer.publicKeys).toEqual([]);
  });

  it.each([
    ['an id without a key', 'k1:'],
    ['a key that is not PKCS #8', `k1:${Buffer.alloc(32, 7).toString('base64')}`],
    ['a key of another curve', `k1:${newKey('secp384r1')}`],
    ['an id with other characters', `k 1:${newKey()}`],
    ['a key without an id', newKey()],
  ])('are refused for %s, with a message that does not contain the key', (_, setting) => {
    const message = 'a signing key is not valid. Expected id:base64 of a P-256 private key in PKCS #8 (DER)';
    expect(() => new SigningKeys(setting)).toThrow(new Error(message));
  });

  it('are refused if two have the same id', () => {
    expect(() => new SigningKeys(`k1:${newKey()},k1:${newKey()}`)).toThrow('two signing keys have the same id');
  });
});
