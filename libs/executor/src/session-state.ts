import type { Effect, StageRequest } from '@gatehouse/contracts';
import { isProved, type Plan, type Visitor } from '@gatehouse/plan';

/** The session of a run, with the logins and logouts of this request. */
export interface SessionState {
  readonly sessionUser: StageRequest['session']['user'];
  /** Whether the login verified a device of the user, within AUTHENTICATOR_PROOF_S. */
  readonly proved: boolean;
  /** Whether the login verified the user, within CREDENTIAL_PROOF_S. Never for a token. */
  readonly recent: boolean;
  readonly visitor: Visitor;
}

type Login = Extract<Effect, { type: 'login' }>;

/** Returns the session after a login of the plan's user. The plan may go on in its flow, so `visitor` stays. */
export const sessionAfterLogin = (
  before: SessionState,
  { second_factor, user }: Pick<Login, 'second_factor' | 'user'>,
  plan: Plan,
): SessionState => ({
  ...before,
  sessionUser: plan.context.pending_user ?? null,
  proved: second_factor === true,
  recent: isProved(plan, user),
});

/** Returns the session after a logout. */
export const sessionAfterLogout = ({ visitor: { outpost } }: SessionState): SessionState => ({
  ...{ sessionUser: null, proved: false, recent: false },
  visitor: { authenticated: false, superuser: false, outpost },
});
