import { hashToken } from '@gatehouse/executor';
import type { Sealer, SealId } from '@gatehouse/platform';
import { z } from 'zod';
import type { PendingSourceLogin } from '../../../apps/gateway/src/sources/source-logins.js';

/** Logins at sources of one session that may be under way; the oldest give way. */
export const MAX_PENDING_SOURCE_LOGINS = 10;

const pendingSourceLoginBody = z.object({
  source: z.uuid(),
  kept: z.record(z.string(), z.unknown()),
  query: z.record(z.string(), z.string()),
});

const sealedRow = (hash: Buffer): SealId => ({ table: 'flow.source_logins', id: hash.toString('hex'), revision: 0 });

/** A login at a source as a row: its state hashed, what is remembered sealed. */
export function pendingSourceLoginRow(state: string, login: PendingSourceLogin, sealer: Sealer) {
  const hash = hashToken(state);
  return { hash, source: login.source, body: sealer.seal(sealedRow(hash), login) };
}

/** What was remembered. Throws Unsealable. */
export const openPendingSourceLogin = (state: string, body: Buffer, sealer: Sealer): PendingSourceLogin =>
  pendingSourceLoginBody.parse(sealer.open(sealedRow(hashToken(state)), body));
