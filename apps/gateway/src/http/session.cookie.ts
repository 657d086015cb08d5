import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionCookie } from '../execution/request.js';
import { hashSessionKey } from '../execution/session-key.js';

/** The name that outposts and reverse proxies look for. */
export const SESSION_COOKIE = 'authentik_session';

/** Characters of a cookie that can be one of ours; a longer one is nobody's. */
const MAX_KEY = 128;

/** SHA-256 of the session cookie, if the request has one. */
export function sessionKeyOf(request: FastifyRequest): Buffer | undefined {
  const value = request.cookies[SESSION_COOKIE];
  return value && value.length <= MAX_KEY ? hashSessionKey(value) : undefined;
}

/** Whether the visitor comes by TLS: to this process, to a trusted proxy, or because the site has no other address. */
export const isSecure = ({ protocol, server }: FastifyRequest): boolean =>
  protocol === 'https' || server.hasDecorator(TLS_ONLY);

/** Decorates the server of a site whose address is https. */
export const TLS_ONLY = 'siteIsTlsOnly';

/** Sets the session cookie: opaque, out of scripts' reach, over TLS only when the visitor came by TLS. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, { value, maxAgeS }: SessionCookie) {
  reply.setCookie(SESSION_COOKIE, value, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(request),
    ...(maxAgeS === undefined ? {} : { maxAge: Math.floor(maxAgeS) }),
  });
}
