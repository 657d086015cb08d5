import { importPKCS8, SignJWT } from 'jose';

/** What Apple knows an application by: its id, and what its secret is signed with. */
interface AppleKey {
  readonly clientId: string;
  readonly team: string;
  readonly keyId: string;
  readonly pem: string;
}

/** Seconds that a secret is good for: no longer than the one request that it is made for. */
const LIFETIME = '5m';

/** The parts of a consumer key of Apple: `services_id;team_id;key_id` (docs/spec/sources.md#apple). */
export function parseAppleKeyId(consumerKey: string) {
  const [clientId = '', team, keyId] = consumerKey.split(';').map((part) => part.trim());
  return team && keyId ? { clientId, team, keyId } : { clientId: consumerKey.trim() };
}

/** A client secret as Apple wants it: signed anew, by the key that is registered there. Throws when that is no key. */
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
