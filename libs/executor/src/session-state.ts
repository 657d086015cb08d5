import { type Effect, provedDevices, type StageRequest } from '@gatehouse/contracts';
import { isProved, type Plan, type Visitor } from '@gatehouse/plan';

/** The session as it is after the logins and logouts that this request has made so far. */
export interface SessionState {
  readonly sessionUser: StageRequest['session']['user'];
  /** Whether the login verified a device of the user, and was within the last AUTHENTICATOR_PROOF_S seconds. */
  readonly deviceProved: boolean;
  /**
   * Whether the login, or a later proof in this session, verified the user within the setting CREDENTIAL_PROOF_S. Always
   * false for an API token.
   */
  readonly recentlyProved: boolean;
  /** Primary keys (`pk`) of the devices that the session has a proof of, within the setting AUTHENTICATOR_PROOF_S. */
  readonly provedDevices: readonly number[];
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
  provedDevices: isProved(plan, user) ? provedDevices(plan.context) : [],
});

/** Returns the session after a logout. */
export const sessionAfterLogout = ({ visitor: { outpost } }: SessionState): SessionState => ({
  ...{ sessionUser: null, deviceProved: false, recentlyProved: false, provedDevices: [] },
  visitor: { authenticated: false, superuser: false, outpost },
});
