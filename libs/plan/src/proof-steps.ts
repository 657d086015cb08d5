import type { Insert, ProofStep, SavedUser, User } from '@gatehouse/contracts';
import { isProved } from './merge-context.js';
import type { Plan } from './plan.js';
import type { Step } from './steps.js';

/** A kind and config of a step that the gateway may insert to get a missing proof. */
export interface InsertableProof {
  readonly kind: string;
  readonly config: ProofStep['config'];
}

/** The session as far as it matters for the proof of a plan's user. */
interface ProvedSession {
  readonly sessionUser: User | null;
  /** Whether the session's user was verified recently. */
  readonly recentlyProved: boolean;
}

/**
 * Whether the visitor still has to prove to be the plan's user. For the session's user, this is so if the login is not
 * recent. For any other user, this is so only after an app password; otherwise the steps of the flow decide which proof
 * is enough.
 */
export function isProofMissing(plan: Plan, user: SavedUser | undefined, session: ProvedSession): boolean {
  if (user && isProved(plan, user.uuid)) return false;
  const { sessionUser, recentlyProved } = session;
  const isOwn = sessionUser?.kind === 'saved' && sessionUser.uuid === user?.uuid;
  return isOwn ? !recentlyProved : plan.context.auth_method === 'token';
}

/**
 * Returns the insertion of the first proof step that the plan has not inserted before this step yet. If the user has no
 * credential for a proof step, that step passes without a proof, and the next proof step is needed. Returns `undefined`
 * if the plan has inserted all of them.
 */
export function nextProofStep(
  { steps, cursor }: Plan,
  { id }: Step,
  proofs: readonly InsertableProof[],
): Insert | undefined {
  const added = steps.slice(0, cursor).filter((planned) => 'kind' in planned && planned.id.startsWith(`${id}~`));
  const next = proofs.find(({ kind }) => !added.some((planned) => 'kind' in planned && planned.kind === kind));
  return next && { where: 'before', steps: [next] };
}
