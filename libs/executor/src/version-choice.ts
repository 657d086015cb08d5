import { hash } from 'node:crypto';
import type { LoadedFlow } from './ports/plan-store.js';

/** Number of values that the first four bytes of a hash can have. */
const HASH_RANGE = 2 ** 32;

/** The share at which a candidate gets every new plan: 100 %, in hundredths of a percent. */
const WHOLE_SHARE = 10_000;

/**
 * Returns the id of the version on which the session starts a new plan: during a weighted rollout the candidate for a
 * share of the sessions, otherwise the current version. All gateways choose the same version for one session
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
