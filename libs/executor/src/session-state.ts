import type { Effect, StageRequest } from '@gatehouse/contracts';
import { isProved, type Plan, type Visitor } from '@gatehouse/plan';

/** The session as it is after the logins and logouts that this request has made so far. */
export interface SessionState {
  readonly sessionUser: StageRequest['session']['user'];
  /** Whether the login verified a device of the user and is younger than the setting AUTHENTICATOR_PROOF_S. */
  readonly deviceProved: boolean;
  /** Whether the login verified the user and is younger than the setting CREDENTIAL_PROOF_S. Always false for an API token. */
  readonly recentlyProved: boolean;
  readonly visitor: Visitor;
}

type Login = Extract<Effect, { type: 'login' }>;

/**
 * Returns the session after a login of the plan's user. Keeps `visitor`, so that the plan still satisfies the flow's
 * authentication requirement if it restarts.
 */
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
