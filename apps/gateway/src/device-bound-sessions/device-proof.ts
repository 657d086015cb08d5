import { createPublicKey } from 'node:crypto';
import { decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose';

/** Algorithms of device keys. The draft also names `none`, which proves nothing. */
export const PROOF_ALGORITHMS = ['ES256', 'RS256'] as const;
type ProofAlgorithm = (typeof PROOF_ALGORITHMS)[number];

/** The public key of a device: the members of a JWK (RFC 7517) that make up the key. */
export type DeviceKey =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/** Limits of RSA keys, so that no proof is weak or slow to verify. */
const RSA_BITS = { min: 2048, max: 4096 };
const RSA_EXPONENT = 'AQAB';

/** Value of the header Secure-Session-Response: a JWT as a string of RFC 9651. Its parameters are ignored. */
const PROOF = /^"?([\w-]+\.[\w-]+\.[\w-]+)"?(?:;.*)?$/;

/** Returns the JWT in a header Secure-Session-Response; `undefined` if the header contains none. */
export const proofIn = (header: string): string | undefined => PROOF.exec(header)?.[1];

/**
 * Returns the key in the header of a registration proof; `undefined` if it is missing, of another kind or too weak.
 * (Device Bound Session Credentials, “DBSC Proof JWT Syntax”.)
 */
export function keyInProof(proof: string): DeviceKey | undefined {
  try {
    const { jwk } = decodeProtectedHeader(proof) as { jwk?: JWK };
    if (jwk?.kty === 'EC' && jwk.crv === 'P-256') return { kty: 'EC', crv: 'P-256', x: `${jwk.x}`, y: `${jwk.y}` };
    if (jwk?.kty !== 'RSA' || jwk.e !== RSA_EXPONENT) return undefined;
    const key = { kty: 'RSA', n: `${jwk.n}`, e: RSA_EXPONENT } as const;
    const { modulusLength = 0 } = createPublicKey({ key, format: 'jwk' }).asymmetricKeyDetails ?? {};
    return modulusLength >= RSA_BITS.min && modulusLength <= RSA_BITS.max ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the challenge that the key has signed; `undefined` if the proof is not valid for the key. */
export async function challengeInProof(proof: string, key: DeviceKey): Promise<string | undefined> {
  const algorithm: ProofAlgorithm = key.kty === 'EC' ? 'ES256' : 'RS256';
  try {
    const options = { algorithms: [algorithm], typ: 'dbsc+jwt' };
    return (await jwtVerify(proof, await importJWK(key, algorithm), options)).payload.jti;
  } catch {
    return undefined;
  }
}
