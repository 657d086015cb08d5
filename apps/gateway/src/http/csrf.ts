import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Readable by the page's script, which repeats it in the header (01-executor §8.6). */
export const CSRF_COOKIE = 'authentik_csrf';
export const CSRF_HEADER = 'x-authentik-csrf';

const ONE_YEAR_S = 365 * 86_400;
const TOKEN = /^[A-Za-z0-9]{32}$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Why a logged-in user's request may come from a foreign page; undefined when it cannot. */
export function forgeryOf(request: FastifyRequest, origin: string): string | undefined {
  const sender = request.headers.origin;
  if (sender !== undefined && sender !== origin && sender !== `${request.protocol}://${request.host}`) {
    return `CSRF Failed: Origin checking failed - ${sender} does not match any trusted origins.`;
  }
  const cookie = request.cookies[CSRF_COOKIE];
  const header = request.headers[CSRF_HEADER];
  if (!cookie) return 'CSRF Failed: CSRF cookie not set.';
  if (typeof header !== 'string' || header === '') return 'CSRF Failed: CSRF token missing.';
  return same(cookie, header)
    ? undefined
    : "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header incorrect.";
}

/** Both must be tokens of ours, so that a planted cookie needs to be one as well. */
const same = (cookie: string, header: string) =>
  TOKEN.test(cookie) && TOKEN.test(header) && timingSafeEqual(Buffer.from(cookie), Buffer.from(header));

/** Hands out a fresh token, as a login does. */
export function setCsrfCookie(request: FastifyRequest, reply: FastifyReply) {
  reply.setCookie(CSRF_COOKIE, newToken(), {
    path: '/',
    sameSite: 'lax',
    secure: request.protocol === 'https',
    maxAge: ONE_YEAR_S,
  });
}

/** 32 letters and digits; bytes that would make some of them likelier are thrown away. */
function newToken(): string {
  let token = '';
  while (token.length < 32) {
    for (const byte of randomBytes(48)) if (byte < 248 && token.length < 32) token += ALPHABET[byte % 62];
  }
  return token;
}
