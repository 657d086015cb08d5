import { hash } from 'node:crypto';
import { BOUND_COOKIE } from '../http/bound-cookie.service.js';
import { cookiesIn, cookieValues } from '../http/cookie-header.js';
import { isHostOnly, SESSION_COOKIES } from '../http/cookie-names.js';
import { DEVICE_COOKIE, KNOWN_BROWSER_COOKIE } from '../http/known-browser.service.js';
import { SWITCHING_COOKIES } from '../http/switching-cookie.js';

/** Part of the names of all cookies of forward auth. */
export const FORWARD_COOKIE = 'gatehouse_forward';
const NONCE_COOKIE = `${FORWARD_COOKIE}_nonce`;
const HOST_PREFIX = '__Host-';
/** Every name that a cookie of forward auth can have. */
const NAMES: readonly string[] = [FORWARD_COOKIE, NONCE_COOKIE].flatMap((name) => [name, `${HOST_PREFIX}${name}`]);

/** The cookies of the host of the login that its scripts must not read. */
const LOGIN_COOKIES: readonly string[] = [
  ...SESSION_COOKIES,
  ...SWITCHING_COOKIES,
  BOUND_COOKIE,
  KNOWN_BROWSER_COOKIE,
  DEVICE_COOKIE,
];

/** The form of the values of both cookies: 43 characters of base64url. */
const VALUE = /^[\w-]{43}$/;

/** The names of the cookies of a site. */
export interface ForwardCookieNames {
  readonly session: string;
  readonly nonce: string;
}

/**
 * Returns the names of the cookies of a site. At an https site they begin with `__Host-`, so that no other host of the
 * domain can set one.
 */
export function cookieNamesAt(origin: string): ForwardCookieNames {
  const prefix = origin.startsWith('https:') ? HOST_PREFIX : '';
  return { session: `${prefix}${FORWARD_COOKIE}`, nonce: `${prefix}${NONCE_COOKIE}` };
}

/** Returns the attributes of a cookie of forward auth. It is valid for its own host only. */
export const forwardCookieAttributes = (name: string) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: isHostOnly(name) }) as const;

/**
 * Returns the value of a cookie; undefined if the browser sends none, or sends several, one of which another host may
 * have set.
 */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  const values = new Set(cookieValues(header, name));
  const [value = ''] = values;
  return values.size === 1 && VALUE.test(value) ? value : undefined;
}

/**
 * Returns the `Cookie` header without the cookies of forward auth; empty if no other cookie is left. If `isAtSite` is
 * false, the check arrived at a host other than the site's. Then also removes LOGIN_COOKIES, because a script in a
 * login page could have sent the check to read them.
 */
export const withoutOwnCookies = (header: string | undefined, { isAtSite }: { readonly isAtSite: boolean }): string =>
  cookiesIn(header)
    .filter(({ name }) => !NAMES.includes(name) && (isAtSite || !LOGIN_COOKIES.includes(name)))
    .map(({ text }) => text)
    .join('; ');

/** Returns the SHA-256 of a cookie, a code, or a destination. */
export const digestOf = (value: string): Buffer => hash('sha256', value, 'buffer');
