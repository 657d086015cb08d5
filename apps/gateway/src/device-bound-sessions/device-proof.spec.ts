import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { challengeInProof, keyInProof, proofIn } from './device-proof.js';

async function device(alg: 'ES256' | 'RS256' | 'ES384') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const sign = (header: { typ?: string; jwk?: JWK }) =>
    new SignJWT({ jti: 'a challenge' }).setProtectedHeader({ alg, typ: 'dbsc+jwt', ...header }).sign(privateKey);
  return { jwk, sign, proof: await sign({ jwk }) };
}

describe('the key in a registration proof', () => {
  it.each(['ES256', 'RS256'] as const)('has only the public members of the JWK, for %s', async (alg) => {
    const { jwk, sign, proof } = await device(alg);
    const key = keyInProof(await sign({ jwk: { ...jwk, kid: 'x', d: 'secret' } }))!;

    expect(key).toEqual(jwk);
    expect(await challengeInProof(proof, key)).toBe('a challenge');
  });

  it('is undefined if the proof has no key, or a key of a type or size that is not allowed', async () => {
    const rsa = await device('RS256');
    const proofs = [
      ...[(await device('ES384')).proof, await rsa.sign({})],
      await rsa.sign({ jwk: { ...rsa.jwk, n: Buffer.alloc(513, 0xff).toString('base64url') } }),
      await rsa.sign({ jwk: { ...rsa.jwk, e: 'Aw' } }),
      await rsa.sign({ jwk: { ...rsa.jwk, n: rsa.jwk.n!.slice(0, 170) } }),
      await rsa.sign({ jwk: { kty: 'oct', k: 'c2VjcmV0' } }),
      new UnsecuredJWT({ jti: 'a challenge' }).encode(),
      'not.a.proof',
    ];

    for (const proof of proofs) expect(keyInProof(proof)).toBeUndefined();
  });
});

describe('a proof of a device', () => {
  it('yields no challenge if another key signed it, or if its type or algorithm is wrong', async () => {
    const [own, other, rsa] = [await device('ES256'), await device('ES256'), await device('RS256')];
    const key = keyInProof(own.proof)!;
    const proofs = [
      ...[other.proof, rsa.proof, await other.sign({ jwk: own.jwk }), await own.sign({ typ: 'jwt' })],
      ...[new UnsecuredJWT({ jti: 'a challenge' }).encode(), own.proof.slice(0, -4)],
    ];

    for (const proof of proofs) expect(await challengeInProof(proof, key)).toBeUndefined();
    expect(await challengeInProof(own.proof, { ...key, x: 'x' } as typeof key)).toBeUndefined();
  });

  it('is read from the header with or without quotes and parameters', () => {
    expect([proofIn('"a.b.c"'), proofIn('a.b.c'), proofIn('"a.b.c";x=1')]).toEqual(['a.b.c', 'a.b.c', 'a.b.c']);
    expect([proofIn('"a.b"'), proofIn('a.b.c.d'), proofIn(''), proofIn('"a.b.c" x')]).toEqual(Array(4).fill(undefined));
  });
});
