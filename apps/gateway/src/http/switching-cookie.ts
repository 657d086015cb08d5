import { hashSessionKey } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../gateway.config.js';
import { cookieValues } from './cookie-header.js';
import { isHostOnly } from './cookie-names.js';
import type { HttpExchange } from './exchange.js';

/** The cookie that names the logins of a browser (docs/spec/sessions.md#user-switching). */
const SWITCHING_COOKIE = 'authentik_user_switching';
/**
 * Name of the switching cookie if the session cookie has the prefix `__Host-`, which keeps other hosts from planting
 * the cookie.
 */
const HOST_ONLY_COOKIE = `__Host-${SWITCHING_COOKIE}`;
/** Every name that the switching cookie can have. */
export const SWITCHING_COOKIES = [SWITCHING_COOKIE, HOST_ONLY_COOKIE] as const;

/** A cookie value that can be a secret: 256 bits in base64url. */
const SECRET = /^[\w-]{43}$/;

type CookieSettings = Pick<GatewayConfig, 'API_VERSION' | 'SESSION_COOKIE'>;

/** Returns the name of the switching cookie. It has the prefix of the session cookie. */
export const switchingCookie = ({ SESSION_COOKIE }: Pick<CookieSettings, 'SESSION_COOKIE'>): string =>
  isHostOnly(SESSION_COOKIE) ? HOST_ONLY_COOKIE : SWITCHING_COOKIE;

/**
 * Returns the hash of the secret in the switching cookie of a request. `undefined` if there is no valid switching
 * cookie or more than one, and under 2024.8, which has no such cookie.
 */
export function loginSetIn({ headers }: Pick<FastifyRequest, 'headers'>, config: CookieSettings): Buffer | undefined {
  if (config.API_VERSION === '2024.8') return undefined;
  const [value = '', ...others] = new Set(cookieValues(headers.cookie, switchingCookie(config)));
  return others.length === 0 && SECRET.test(value) ? hashSessionKey(value) : undefined;
}

/** Removes the switching cookie from the browser. */
export function clearSwitchingCookie({ reply }: Pick<HttpExchange, 'reply'>, config: CookieSettings): void {
  const name = switchingCookie(config);
  reply.clearCookie(name, { path: '/', httpOnly: true, sameSite: 'lax', secure: isHostOnly(name) });
}
