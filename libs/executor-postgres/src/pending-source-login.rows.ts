import { hashToken } from '@gatehouse/executor';
import type { Sealer, SealId } from '@gatehouse/platform';
import { z } from 'zod';

/** Logins at sources of one session that may be under way; the oldest give way. */
export const MAX_PENDING_SOURCE_LOGINS = 10;

const pendingSourceLoginBody = z.object({
  /** uuid. */
  source: z.uuid(),
  /** What the client of the provider needs when the visitor returns. */
  kept: z.record(z.string(), z.unknown()),
  /** The query that the login began with. */
  query: z.record(z.string(), z.string()),
});
/** A login at a source that the visitor has begun. */
export type PendingSourceLogin = Readonly<z.output<typeof pendingSourceLoginBody>>;

const sealedRow = (hash: Buffer): SealId => ({ table: 'flow.source_logins', id: hash.toString('hex'), revision: 0 });

/** A login at a source as a row: its state hashed, what is remembered sealed. */
export function pendingSourceLoginRow(state: string, login: PendingSourceLogin, sealer: Sealer) {
  const hash = hashToken(state);
  return { hash, source: login.source, body: sealer.seal(sealedRow(hash), login) };
}

/** What was remembered. Throws Unsealable. */
export const openPendingSourceLogin = (state: string, body: Buffer, sealer: Sealer): PendingSourceLogin =>
  pendingSourceLoginBody.parse(sealer.open(sealedRow(hashToken(state)), body));
