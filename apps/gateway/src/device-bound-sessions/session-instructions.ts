import { BOUND_COOKIE } from '../http/bound-cookie.service.js';

const BASE = '/device-bound-session';
/** Path of the endpoint that binds a session. */
export const REGISTRATION_PATH = `${BASE}/registration/`;
/** Path of the endpoint that renews the bound cookie. */
export const REFRESH_PATH = `${BASE}/refresh/`;

/** JSON that tells a browser how a session is bound (Device Bound Session Credentials, “JSON Session Instruction Format”). */
export type SessionInstructions = typeof SESSION_ENDED | ReturnType<typeof sessionInstructions>;

/** Tells the browser to forget the binding. */
export const SESSION_ENDED = { continue: false } as const;

/**
 * Returns the instructions for a bound session. Navigations from other sites may also cause a refresh, because browsers
 * send the visitor's cookies with them.
 */
export const sessionInstructions = (sessionId: string) => ({
  session_identifier: sessionId,
  refresh_url: REFRESH_PATH,
  scope: { include_site: false },
  credentials: [{ type: 'cookie', name: BOUND_COOKIE, attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax' }],
  allowed_refresh_initiators: ['*'],
});
