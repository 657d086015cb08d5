import type { SealedRow, Sealer } from '@gatehouse/platform';
import { z } from 'zod';
import { hashToken } from '../execution/resuming.js';
import type { SourceLogin } from '../execution/source-logins.js';

/** Logins at sources of one session that may be under way; the oldest give way. */
export const MAX_SOURCE_LOGINS = 10;

const loginBody = z.object({
  source: z.uuid(),
  kept: z.record(z.string(), z.unknown()),
  query: z.record(z.string(), z.string()),
});

const sealedRow = (hash: Buffer): SealedRow => ({ table: 'flow.source_logins', id: hash.toString('hex'), revision: 0 });

/** A login at a source as a row: its state hashed, what is remembered sealed. */
export function sourceLoginRow(state: string, login: SourceLogin, sealer: Sealer) {
  const hash = hashToken(state);
  return { hash, source: login.source, body: sealer.seal(sealedRow(hash), login) };
}

/** What was remembered. Throws Unsealable. */
export const openedSourceLogin = (state: string, body: Buffer, sealer: Sealer): SourceLogin =>
  loginBody.parse(sealer.open(sealedRow(hashToken(state)), body));
