import type { Effect, StageRequest } from '@gatehouse/contracts';
import { isProved, type Plan, type Visitor } from '@gatehouse/plan';

/** An effect that changes the user of the session. */
export type SessionChange = Extract<Effect, { type: 'login' | 'logout' }>;

/** Returns the last login or logout among the effects, which decides what becomes of the session. */
export const lastSessionChange = (effects: readonly Effect[]): SessionChange | undefined =>
  effects.findLast((effect): effect is SessionChange => effect.type === 'login' || effect.type === 'logout');

/** The session of a run, with the logins and logouts of this request. */
export interface SessionState {
  readonly sessionUser: StageRequest['session']['user'];
  /** Whether the login verified a device of the user, within AUTHENTICATOR_PROOF_S. */
  readonly proved: boolean;
  /** Whether the login verified the user, within CREDENTIAL_PROOF_S. Never for a token. */
  readonly recent: boolean;
  readonly visitor: Visitor;
}

/** Returns the session after a login of the plan's user, or after a logout. */
export function sessionStateAfter(change: SessionChange, before: SessionState, plan: Plan): SessionState {
  // A plan that logs its user in must still satisfy its flow's requirement, so `visitor` stays.
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
