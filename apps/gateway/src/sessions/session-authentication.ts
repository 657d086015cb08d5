import { hash } from 'node:crypto';
import {
  type Acr,
  type AuthenticationRequirement,
  acrOf,
  amrOf,
  meetsAcr,
  type SessionAuthentication,
} from '@gatehouse/contracts';

/** The login of a session. Times are seconds since 1970, with fractions. */
export interface SessionLogin {
  /** When the user has logged in. */
  readonly at: number;
  /** When each method of the user was proved in the session. */
  readonly methodsAt: Readonly<Record<string, number>>;
}

/** A requirement, and when it was made, in seconds since 1970. A proof after that time is always recent enough. */
export interface LoginRequirement extends Partial<AuthenticationRequirement> {
  readonly madeAt?: number | undefined;
}

/** The claims about a login (docs/spec/sessions.md#acr). */
export interface LoginClaims {
  /** When the oldest of the methods in `amr` was proved. Seconds since 1970. */
  readonly auth_time: number;
  readonly acr: Acr;
  readonly amr: readonly string[];
}

/**
 * Returns the claims about a login. They contain only methods that were proved recently enough for the requirement, so
 * that the client is told of no proof that is older than `max_age`.
 */
export function loginClaims(login: SessionLogin, requirement: LoginRequirement, now: number): LoginClaims {
  const recent = Object.entries(login.methodsAt).filter(([, at]) => isRecent(at, requirement, now));
  const amr = amrOf(recent.map(([method]) => method));
  const times = recent.map(([, at]) => at);
  return {
    auth_time: Math.floor(Math.min(...(times.length > 0 ? times : [login.at]))),
    acr: acrOf(amr, requirement.acr_values),
    amr,
  };
}

/**
 * Returns how a login fails a requirement: it is too old, or it lacks a proof. `undefined` if it meets the requirement.
 */
export function loginShortfall(
  login: SessionLogin,
  requirement: LoginRequirement,
  now: number,
): 'age' | 'acr' | undefined {
  if (!isRecent(login.at, requirement, now)) return 'age';
  return meetsAcr(loginClaims(login, requirement, now).amr, requirement.acr_values ?? []) ? undefined : 'acr';
}

const isRecent = (at: number, { again = false, max_age, madeAt }: LoginRequirement, now: number): boolean =>
  (madeAt !== undefined && at >= madeAt) || (!again && (max_age === undefined || now - at <= max_age));

/** A session, and the OAuth client that gets its `sid`. */
interface ClientSession {
  readonly sessionId: string;
  readonly clientId: string;
}

/**
 * Returns the claim `sid` of a session. The claim differs for each client, so that clients cannot correlate their
 * users. It is not a session key.
 */
export const sidOf = ({ sessionId, clientId }: ClientSession): string =>
  hash('sha256', `${clientId}\0${sessionId}`, 'base64url');

/** Returns the claims of an ID token about the login of a session. */
export const idTokenClaims = (claims: LoginClaims, session: ClientSession): SessionAuthentication => ({
  ...claims,
  sid: sidOf(session),
});
