import { importPKCS8, SignJWT } from 'jose';

/** The registration of an application at Apple, with the private key that signs its client secrets. */
interface AppleKey {
  readonly clientId: string;
  readonly team: string;
  readonly keyId: string;
  readonly pem: string;
}

/** Lifetime of a client secret. Each secret is used for one request only. */
const LIFETIME = '5m';

/** Splits a consumer key `services_id;team_id;key_id` (docs/spec/sources.md#apple). Any other key is the client id. */
export function parseAppleKeyId(consumerKey: string) {
  const [clientId = '', team, keyId] = consumerKey.split(';').map((part) => part.trim());
  return team && keyId ? { clientId, team, keyId } : { clientId: consumerKey.trim() };
}

/** Returns a new client secret, which is a signed JWT. Throws when `pem` is not a private key of P-256. */
export async function signAppleSecret({ clientId, team, keyId, pem }: AppleKey, audience: string): Promise<string> {
  const key = await importPKCS8(pem.trim(), 'ES256');
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(team)
    .setSubject(clientId)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(key);
}
