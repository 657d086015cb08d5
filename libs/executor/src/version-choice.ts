import { hash } from 'node:crypto';
import type { LoadedFlow } from './ports/plan-store.js';

/** Number of values of the hash's first four bytes. */
const HASH_RANGE = 2 ** 32;

/** The share of a candidate that gets every new plan, in hundredths of a percent. */
const WHOLE_SHARE = 10_000;

/**
 * Returns the id of the version on which the session starts a new plan: the candidate of a weighted rollout for a share
 * of the sessions, else the current version. Every gateway chooses the same version for a session
 * (docs/spec/rollout.md#choice-of-the-version).
 */
export function versionForSession(
  { flowId, currentVersionId, candidate }: Pick<LoadedFlow, 'flowId' | 'currentVersionId' | 'candidate'>,
  sessionId: string,
): string {
  if (!candidate) return currentVersionId;
  const digest = hash('sha256', `${sessionId} ${flowId} ${candidate.versionId}`, 'buffer');
  const point = (digest.readUInt32BE(0) / HASH_RANGE) * WHOLE_SHARE;
  return point < candidate.share ? candidate.versionId : currentVersionId;
}
