import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Requester } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { SignalVerifier } from './signal.verifier.js';
import { SignalKeys } from './signal-keys.js';

const ISSUER = 'https://partner.example';
const WEAK = generateKeyPairSync('rsa', { modulusLength: 1024 });
const [OLD, NEW, OTHER] = [1, 2, 3].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 })) as [
  Pair,
  Pair,
  Pair,
];
type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

/** Returns the result, or the error, for a token without `kid` whose transmitter has these public keys. */
async function resultOf(signedBy: Pair, ...keys: readonly object[]): Promise<unknown> {
  const verifier = new SignalVerifier(new SignalKeys({} as Requester), { SIGNAL_MAX_AGE_S: 60, SIGNAL_SKEW_S: 0 });
  const claims = { iss: ISSUER, aud: 'us', iat: Math.floor(Date.now() / 1000), jti: '1' };
  const encoded = [{ alg: 'RS256', typ: 'secevent+jwt' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = createSign('RSA-SHA256').update(encoded.join('.')).sign(signedBy.privateKey, 'base64url');
  const transmitter = { name: 'partner', issuer: ISSUER, audience: 'us', jwks: { keys } };
  return verifier.verify([...encoded, signature].join('.'), transmitter as never).catch((error: unknown) => error);
}
const jwkOf = ({ publicKey }: Pair) => publicKey.export({ format: 'jwk' });

it.each([
  ['a key that is too short', jwkOf(WEAK)],
  ['a malformed key', { kty: 'RSA', n: 'AQ' }],
])('a token that was signed by %s is refused', async (_, jwk) => {
  expect(await resultOf(WEAK, jwk)).toMatchObject({ err: 'invalid_key' });
});

it('a token without a kid is accepted if one of several keys has signed it', async () => {
  for (const keys of [
    [OLD, NEW],
    [NEW, OLD],
    [WEAK, NEW],
  ])
    expect(await resultOf(NEW, ...keys.map(jwkOf))).toMatchObject({ jti: '1' });
  expect(await resultOf(OTHER, jwkOf(OLD), jwkOf(NEW))).toMatchObject({ err: 'authentication_failed' });
});
