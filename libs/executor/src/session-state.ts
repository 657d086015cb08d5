import type { Effect, StageRequest } from '@gatehouse/contracts';
import { isProved, type Plan, type Visitor } from '@gatehouse/plan';

/** The session of a run, with the logins and logouts of this request. */
export interface SessionState {
  readonly sessionUser: StageRequest['session']['user'];
  /** Whether the login verified a device of the user, within AUTHENTICATOR_PROOF_S. */
  readonly deviceProved: boolean;
  /** Whether the login verified the user, within CREDENTIAL_PROOF_S. Never for a token. */
  readonly recentlyProved: boolean;
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
  deviceProved: second_factor === true,
  recentlyProved: isProved(plan, user),
});

/** Returns the session after a logout. */
export const sessionAfterLogout = ({ visitor: { outpost } }: SessionState): SessionState => ({
  ...{ sessionUser: null, deviceProved: false, recentlyProved: false },
  visitor: { authenticated: false, superuser: false, outpost },
});
