import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Readable by the page's script, which repeats it in the header (01-executor §8.6). */
export const CSRF_COOKIE = 'authentik_csrf';
const CSRF_HEADER = 'x-authentik-csrf';
/** The field of a page's form that repeats it. */
export const CSRF_FIELD = 'csrf_token';

const ONE_YEAR_S = 365 * 86_400;
const TOKEN = /^[A-Za-z0-9]{32}$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Why an API request may come from a foreign page; undefined when it cannot. Counts for logged-in users only. */
export const forgeryOf = (request: FastifyRequest, baseUrl: string): string | undefined =>
  foreignOrigin(request, baseUrl) ?? tokenMismatch(request, request.headers[CSRF_HEADER], 'HTTP header');

/** The same for a page's form, which always carries a token, so that nobody can be logged in as somebody else either. */
export const formForgeryOf = (request: FastifyRequest, baseUrl: string, token: unknown): string | undefined =>
  foreignOrigin(request, baseUrl) ?? tokenMismatch(request, token, 'form');

function foreignOrigin({ headers, protocol, host }: FastifyRequest, baseUrl: string): string | undefined {
  const { origin } = headers;
  if (origin === undefined || origin === new URL(baseUrl).origin || origin === `${protocol}://${host}`)
    return undefined;
  return `CSRF Failed: Origin checking failed - ${origin} does not match any trusted origins.`;
}

function tokenMismatch({ cookies }: FastifyRequest, token: unknown, from: string): string | undefined {
  const cookie = cookies[CSRF_COOKIE];
  if (!cookie) return 'CSRF Failed: CSRF cookie not set.';
  if (typeof token !== 'string' || token === '') return 'CSRF Failed: CSRF token missing.';
  return same(cookie, token) ? undefined : `CSRF Failed: CSRF token from the ${from} incorrect.`;
}

/** Both must be tokens of ours, so that a planted cookie needs to be one as well. */
const same = (cookie: string, token: string) =>
  TOKEN.test(cookie) && TOKEN.test(token) && timingSafeEqual(Buffer.from(cookie), Buffer.from(token));

/** Hands out a fresh token, as a login does. */
export function setCsrfCookie(request: FastifyRequest, reply: FastifyReply): string {
  const token = newToken();
  reply.setCookie(CSRF_COOKIE, token, {
    path: '/',
    sameSite: 'lax',
    secure: request.protocol === 'https',
    maxAge: ONE_YEAR_S,
  });
  return token;
}

/** The visitor's token; one is handed out to whoever has none. */
export function csrfTokenOf(request: FastifyRequest, reply: FastifyReply): string {
  const cookie = request.cookies[CSRF_COOKIE];
  return cookie && TOKEN.test(cookie) ? cookie : setCsrfCookie(request, reply);
}

/** 32 letters and digits; bytes that would make some of them likelier are thrown away. */
function newToken(): string {
  let token = '';
  while (token.length < 32) {
    for (const byte of randomBytes(48)) if (byte < 248 && token.length < 32) token += ALPHABET[byte % 62];
  }
  return token;
}
