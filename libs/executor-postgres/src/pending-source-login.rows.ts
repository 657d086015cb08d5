import { hashToken } from '@gatehouse/executor';
import type { Sealer, SealId } from '@gatehouse/platform';
import { z } from 'zod';

/**
 * Largest number of pending source logins in one session. A new one beyond this number replaces the one that expires
 * first.
 */
export const MAX_PENDING_SOURCE_LOGINS = 10;

const pendingSourceLoginBody = z.object({
  /** uuid of the source, that is, the external identity provider. */
  source: z.uuid(),
  /** Data that the provider's client keeps for the callback, such as the nonce and the PKCE verifier. */
  kept: z.record(z.string(), z.unknown()),
  /** Query parameters of the request that started the login, such as `next`. */
  query: z.record(z.string(), z.string()),
});
/**
 * A pending source login: a login at a source that the visitor has started and not completed. It is stored encrypted.
 */
export type PendingSourceLogin = Readonly<z.output<typeof pendingSourceLoginBody>>;

/** Returns the seal id of a pending source login, to which its encryption is bound (docs/spec/storage.md#sealing). */
export const sourceLoginSealId = (hash: Buffer): SealId => ({
  table: 'flow.source_logins',
  id: hash.toString('hex'),
  revision: 0,
});

/**
 * Returns the columns of a pending source login: the hash of the OAuth `state`, the source's id, and the encrypted
 * body.
 */
export function pendingSourceLoginRow(state: string, login: PendingSourceLogin, sealer: Sealer) {
  const hash = hashToken(state);
  return { hash, source: login.source, body: sealer.seal(sourceLoginSealId(hash), login) };
}

/** Returns the pending source login in an encrypted body. Throws `UnsealError` if the body cannot be decrypted. */
export const openPendingSourceLogin = (state: string, body: Buffer, sealer: Sealer): PendingSourceLogin =>
  pendingSourceLoginBody.parse(sealer.open(sourceLoginSealId(hashToken(state)), body));
