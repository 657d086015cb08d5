import { createSign, generateKeyPairSync } from 'node:crypto';
import type { Requester } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { SignalVerifier } from './signal.verifier.js';
import { SignalKeys } from './signal-keys.js';

const ISSUER = 'https://partner.example';

/** Returns the error of a token whose transmitter has this public key. The token is signed by an RSA key of 1024 bits. */
async function refusalWith(jwk: object): Promise<unknown> {
  const verifier = new SignalVerifier(new SignalKeys({} as Requester), { SIGNAL_MAX_AGE_S: 60, SIGNAL_SKEW_S: 0 });
  const claims = { iss: ISSUER, aud: 'us', iat: Math.floor(Date.now() / 1000), jti: '1' };
  const encoded = [{ alg: 'RS256', typ: 'secevent+jwt' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = createSign('RSA-SHA256').update(encoded.join('.')).sign(WEAK.privateKey, 'base64url');
  const transmitter = { name: 'partner', issuer: ISSUER, audience: 'us', jwks: { keys: [jwk] } };
  return verifier.verify([...encoded, signature].join('.'), transmitter as never).catch((error: unknown) => error);
}

const WEAK = generateKeyPairSync('rsa', { modulusLength: 1024 });

it.each([
  ['a key that is too short', WEAK.publicKey.export({ format: 'jwk' })],
  ['a malformed key', { kty: 'RSA', n: 'AQ' }],
])('refuses a token by %s', async (_, jwk) => {
  expect(await refusalWith(jwk)).toMatchObject({ err: 'invalid_key' });
});
