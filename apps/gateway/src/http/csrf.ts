import { type Sentence, sentence } from '@gatehouse/contracts';
import { randomToken } from '@gatehouse/executor';
import { secretsEqual } from '@gatehouse/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { csrfCookieOf, isHostOnly } from './cookie-names.js';
import { CSRF_TOKEN_HEADER } from './cors.js';
import { isSecure } from './session-cookie.service.js';

const CSRF_HEADER = 'x-authentik-csrf';
/** The form field with the CSRF token. */
export const CSRF_FIELD = 'csrf_token';

type CsrfMessages = Readonly<Record<'length' | 'characters' | 'other', Sentence>>;
const HEADER_MESSAGES: CsrfMessages = {
  length: sentence("CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has incorrect length."),
  characters: sentence("CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has invalid characters."),
  other: sentence("CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header incorrect."),
};
const FORM_MESSAGES: CsrfMessages = {
  length: sentence('CSRF Failed: CSRF token from the form has incorrect length.'),
  characters: sentence('CSRF Failed: CSRF token from the form has invalid characters.'),
  other: sentence('CSRF Failed: CSRF token from the form incorrect.'),
};

const ONE_YEAR_S = 365 * 86_400;
const TOKEN_LENGTH = 32;
const TOKEN = /^[A-Za-z0-9]{32}$/;

/** Returns why an API request of a logged-in user may be forged by another site, or undefined. */
export const apiCsrfFailure = (request: FastifyRequest, baseUrl: string): Sentence | undefined =>
  originFailure(request, baseUrl) ?? tokenFailure(request, request.headers[CSRF_HEADER], HEADER_MESSAGES);

/**
 * Returns why a form may be forged by another site, or undefined. Forms always carry a token, which also prevents login CSRF.
 */
export const formCsrfFailure = (request: FastifyRequest, baseUrl: string, token: unknown): Sentence | undefined =>
  originFailure(request, baseUrl) ?? tokenFailure(request, token, FORM_MESSAGES);

/**
 * Returns why a request comes from a page of another site, or undefined. Such a page must neither act for a logged-in
 * user nor log a visitor in (login CSRF). A request without `Origin` passes, because programs do not send that header.
 */
export function crossSiteFailure(request: FastifyRequest, baseUrl: string): Sentence | undefined {
  const { origin } = request.headers;
  return origin === undefined || isOwnOrigin(origin, request, baseUrl)
    ? undefined
    : sentence('CSRF Failed: Origin checking failed - {origin} does not match any trusted origins.', { origin });
}

/**
 * Checks `Origin`, or under TLS `Referer` if there is no `Origin`. Browsers send one of these headers with every POST
 * over TLS.
 */
function originFailure(request: FastifyRequest, baseUrl: string): Sentence | undefined {
  const { origin, referer } = request.headers;
  if (origin !== undefined || request.protocol !== 'https') return crossSiteFailure(request, baseUrl);
  if (referer === undefined) return sentence('CSRF Failed: Referer checking failed - no Referer.');
  const sender = URL.canParse(referer) ? new URL(referer).origin : referer;
  return isOwnOrigin(sender, request, baseUrl)
    ? undefined
    : sentence('CSRF Failed: Referer checking failed - {referer} does not match any trusted origins.', { referer });
}

/** Whether an origin is one of this site, or one that CORS_ORIGINS lists and whose page has sent the request. */
const isOwnOrigin = (origin: string, { protocol, host, corsOrigin }: FastifyRequest, baseUrl: string): boolean =>
  origin === `${protocol}://${host}` || origin === corsOrigin || origin === new URL(baseUrl).origin;

function tokenFailure(request: FastifyRequest, token: unknown, from: CsrfMessages): Sentence | undefined {
  const cookie = request.cookies[csrfCookieOf(request)];
  if (!cookie) return sentence('CSRF Failed: CSRF cookie not set.');
  if (typeof token !== 'string' || token === '') return sentence('CSRF Failed: CSRF token missing.');
  if (token.length !== TOKEN_LENGTH) return from.length;
  if (!TOKEN.test(token)) return from.characters;
  return isMatchingToken(cookie, token) ? undefined : from.other;
}

/**
 * Returns whether the token equals the cookie. Also checks the format of the cookie, so that an arbitrary planted
 * cookie does not match.
 */
const isMatchingToken = (cookie: string, token: string) => TOKEN.test(cookie) && secretsEqual(cookie, token);

/**
 * Sets the CSRF cookie to a new token, such as after a login, and returns the token. Scripts of pages send the value of
 * the cookie as a header (docs/spec/http.md#csrf). A page of a listed origin gets the token in a response header.
 */
export function issueCsrfToken(request: FastifyRequest, reply: FastifyReply): string {
  const token = randomToken(TOKEN_LENGTH);
  const name = csrfCookieOf(request);
  reply.setCookie(name, token, {
    path: '/',
    sameSite: 'lax',
    secure: isHostOnly(name) || isSecure(request),
    maxAge: ONE_YEAR_S,
  });
  return disclosed(request, reply, token);
}

/** Returns the visitor's CSRF token. Sets a new token if the visitor has none. */
export function ensureCsrfToken(request: FastifyRequest, reply: FastifyReply): string {
  const cookie = request.cookies[csrfCookieOf(request)];
  return cookie && TOKEN.test(cookie) ? disclosed(request, reply, cookie) : issueCsrfToken(request, reply);
}

/** Puts the token into a response header if a page of a listed origin reads the response. Returns the token. */
function disclosed({ corsOrigin }: FastifyRequest, reply: FastifyReply, token: string): string {
  if (corsOrigin !== undefined) void reply.header(CSRF_TOKEN_HEADER, token);
  return token;
}
