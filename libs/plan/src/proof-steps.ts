import type { Insert, ProofStep, SavedUser, User } from '@gatehouse/contracts';
import { isProved } from './merge-context.js';
import type { Plan } from './plan.js';
import type { Step } from './steps.js';

/** A proof step that the gateway may insert: its kind, its config and the factor that it proves. */
export interface InsertableProof extends Omit<ProofStep, 'order'> {
  readonly kind: string;
}

/** The part of the session that is needed to decide whether a proof is missing. */
interface ProvedSession {
  readonly sessionUser: User | null;
  /** Whether the session's user was verified recently. */
  readonly recentlyProved: boolean;
}

/**
 * Whether the visitor must still prove to be the plan's user before credentials are changed. The session's user needs
 * no further proof after a recent login. For any other user, the flow's own steps decide which proof is enough, but an
 * app password is never enough.
 */
export function isProofMissing(plan: Plan, user: SavedUser | undefined, session: ProvedSession): boolean {
  if (user && isProved(plan, user.uuid)) return false;
  const { sessionUser, recentlyProved } = session;
  const isOwn = sessionUser?.kind === 'saved' && sessionUser.uuid === user?.uuid;
  return isOwn ? !recentlyProved : plan.context.auth_method === 'token';
}

/**
 * Whether the visitor must still prove to be the plan's user before a step compares a typed value with credentials.
 * Unlike a change of credentials, a comparison also needs a proof if the user was identified by name only. An unknown
 * name needs one as well, so that clients cannot tell unknown names from known ones (enumeration).
 */
export function isComparisonUnproved(plan: Plan, { sessionUser, recentlyProved }: ProvedSession): boolean {
  const user = plan.context.pending_user ?? sessionUser;
  if (!user || user.kind === 'unsaved') return false;
  if (user.kind === 'pretended') return true;
  const isOwn = sessionUser?.kind === 'saved' && sessionUser.uuid === user.uuid;
  return !isProved(plan, user.uuid) && !(isOwn && recentlyProved);
}

/**
 * Returns the insertion of the next proof step before `step`; `undefined` if all of them were inserted already. A proof
 * step passes if the user has no credential of its kind, and then the next proof step is inserted.
 */
export function nextProofStep(
  { steps, cursor }: Plan,
  { id }: Step,
  proofs: readonly Pick<InsertableProof, 'kind' | 'config'>[],
): Insert | undefined {
  const added = steps.slice(0, cursor).filter((planned) => 'kind' in planned && planned.id.startsWith(`${id}~`));
  const next = proofs.find(({ kind }) => !added.some((planned) => 'kind' in planned && planned.kind === kind));
  return next && { where: 'before', steps: [{ kind: next.kind, config: next.config }] };
}
