import { hashToken } from '@gatehouse/executor';
import type { Sealer, SealId } from '@gatehouse/platform';
import { z } from 'zod';

/** Limit of pending source logins in one session. The oldest are deleted. */
export const MAX_PENDING_SOURCE_LOGINS = 10;

const pendingSourceLoginBody = z.object({
  /** uuid. */
  source: z.uuid(),
  /** State that the provider's client needs when the visitor returns. */
  kept: z.record(z.string(), z.unknown()),
  /** The query with which the login started. */
  query: z.record(z.string(), z.string()),
});
/** A login at a source that the visitor has started. */
export type PendingSourceLogin = Readonly<z.output<typeof pendingSourceLoginBody>>;

const sealedRow = (hash: Buffer): SealId => ({ table: 'flow.source_logins', id: hash.toString('hex'), revision: 0 });

/** Returns the row of a login at a source, with its state hashed and the rest sealed. */
export function pendingSourceLoginRow(state: string, login: PendingSourceLogin, sealer: Sealer) {
  const hash = hashToken(state);
  return { hash, source: login.source, body: sealer.seal(sealedRow(hash), login) };
}

/** Opens the body of such a row. Throws `UnsealError`. */
export const openPendingSourceLogin = (state: string, body: Buffer, sealer: Sealer): PendingSourceLogin =>
  pendingSourceLoginBody.parse(sealer.open(sealedRow(hashToken(state)), body));
