import type { Plan, Visitor } from '@gatehouse/plan';
import type { SessionChange } from './session-change.js';
import type { Situation } from './stage-request.js';

/** Who is there: for stages, and for a flow's requirement. */
export interface SessionState {
  readonly sessionUser: Situation['sessionUser'];
  /** Whether a device of theirs was proved. */
  readonly proved: boolean;
  readonly visitor: Visitor;
}

/** Who is there after a login of the plan's user, or a logout. */
export function sessionStateAfter(change: SessionChange, before: SessionState, { context }: Plan): SessionState {
  // A login of its own does not shut a plan out of its flow, so what is known of the visitor stays.
  if (change.type === 'login')
    return { ...before, sessionUser: context.pending_user ?? null, proved: change.second_factor === true };
  const { outpost } = before.visitor;
  return { sessionUser: null, proved: false, visitor: { authenticated: false, superuser: false, outpost } };
}
