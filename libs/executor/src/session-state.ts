import { isProved, type Plan, type Visitor } from '@gatehouse/plan';
import type { SessionChange } from './session-change.js';
import type { Situation } from './stage-request.js';

/** Who is there: for stages, and for a flow's requirement. */
export interface SessionState {
  readonly sessionUser: Situation['sessionUser'];
  /** Whether a device of theirs was proved. */
  readonly proved: boolean;
  /** Whether they proved themselves when they logged in, not long ago. */
  readonly recent: boolean;
  readonly visitor: Visitor;
}

/** Who is there after a login of the plan's user, or a logout. */
export function sessionStateAfter(change: SessionChange, before: SessionState, plan: Plan): SessionState {
  // A login of its own does not shut a plan out of its flow, so what is known of the visitor stays.
  if (change.type === 'login') {
    const sessionUser = plan.context.pending_user ?? null;
    return { ...before, sessionUser, proved: change.second_factor === true, recent: isProved(plan, change.user) };
  }
  const { outpost } = before.visitor;
  return {
    sessionUser: null,
    proved: false,
    recent: false,
    visitor: { authenticated: false, superuser: false, outpost },
  };
}
