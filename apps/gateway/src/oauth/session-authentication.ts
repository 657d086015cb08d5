import { hash } from 'node:crypto';
import type { PendingAuthorization, SessionAuthentication } from '@gatehouse/contracts';
import type { SessionLogin } from '../sessions/session.repository.js';

/** Values of `acr`: a login with one factor, and a login with a password and a device (`mfa` in `amr`). */
export const ACR_VALUES = ['aal1', 'aal2'] as const;

/**
 * Returns the claims of an ID token about the login of a session. `sid` differs from client to client, so that clients
 * cannot compare their users. It is no session key.
 */
export const authenticationOf = (
  { at, methods }: SessionLogin,
  { sessionId, clientId }: { readonly sessionId: string; readonly clientId: string },
): SessionAuthentication => ({
  auth_time: Math.floor(at),
  acr: methods.includes('mfa') ? 'aal2' : 'aal1',
  amr: methods,
  sid: hash('sha256', `${clientId}\0${sessionId}`, 'base64url'),
});

/**
 * Returns whether a login is as recent as a request needs (`prompt`, `max_age`). A login after the request is always
 * recent enough. Its time comes from the session, so no parameter of a URL can replace it.
 */
export function isRecentEnough(
  { at }: SessionLogin,
  { created_at, prompts, max_age }: Pick<PendingAuthorization, 'created_at' | 'prompts' | 'max_age'>,
  now: number,
): boolean {
  if (at >= created_at) return true;
  if (prompts.includes('login') || prompts.includes('select_account')) return false;
  return max_age === undefined || now - at <= max_age;
}
