import { type Effect, provedDevices, type StageRequest } from '@gatehouse/contracts';
import { isProved, type Plan, type Visitor } from '@gatehouse/plan';

/** The session after the logins and logouts of this request so far. */
export interface SessionState {
  readonly sessionUser: StageRequest['session']['user'];
  /** Whether the login verified a device of the user, and happened within the last AUTHENTICATOR_PROOF_S seconds. */
  readonly deviceProved: boolean;
  /**
   * Whether the login, or a later proof in this session, verified the user within the last CREDENTIAL_PROOF_S seconds.
   * Always false for an API token.
   */
  readonly recentlyProved: boolean;
  /**
   * Primary keys (`pk`) of the devices that were proved in this session within the last AUTHENTICATOR_PROOF_S seconds.
   */
  readonly provedDevices: readonly number[];
  /**
   * The login with which the request came. `undefined` if the session had no user, for an API token, and after a logout
   * or a login of another user in this request.
   */
  readonly login: SessionLogin | undefined;
  readonly visitor: Visitor;
}

/** When and how the user of a session logged in. */
export interface SessionLogin {
  readonly user: string;
  /** Seconds since the login. */
  readonly ageS: number;
  /** Seconds since each method of `provedMethods` was proved. */
  readonly methodAges: Readonly<Record<string, number>>;
}

type Login = Extract<Effect, { type: 'login' }>;

/**
 * Returns the session after a login of the plan's user. `visitor` stays as it was before the login, so that a restarted
 * plan still meets the flow's authentication requirement.
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
  login: before.login?.user === user ? before.login : undefined,
});

/** Returns the session after a logout. It has no user and no proofs. */
export const sessionAfterLogout = ({ visitor: { outpost } }: SessionState): SessionState => ({
  ...{ sessionUser: null, deviceProved: false, recentlyProved: false, provedDevices: [], login: undefined },
  visitor: { authenticated: false, superuser: false, outpost },
});
