import type { FastifyRequest } from 'fastify';
import type { SessionCookie } from '../execution/request.js';
import { hashSessionKey } from '../execution/session-key.js';
import type { Client } from './client.js';
import type { Exchange } from './exchange.js';

/** The name that outposts and reverse proxies look for. */
export const SESSION_COOKIE = 'authentik_session';

/** Characters of a cookie that can be one of ours; a longer one is nobody's. */
const MAX_KEY = 128;

/** SHA-256 of the session cookie, if the request has one. */
export function sessionKeyOf(request: FastifyRequest): Buffer | undefined {
  const value = request.cookies[SESSION_COOKIE];
  return value && value.length <= MAX_KEY ? hashSessionKey(value) : undefined;
}

/** Whether a request came by TLS: to this process, or to a trusted proxy. */
const cameByTls = ({ protocol }: FastifyRequest): boolean => protocol === 'https';

/** Whether the visitor comes by TLS, as all do where the site has no other address. */
export const isSecure = (request: FastifyRequest): boolean =>
  cameByTls(request) || request.server.hasDecorator(TLS_ONLY);

/** Decorates the server of a site whose address is https. */
export const TLS_ONLY = 'siteIsTlsOnly';

/**
 * Sets the session cookie: opaque, out of scripts' reach, over TLS only when the visitor came by TLS. An outpost may come
 * by an inner address of the site, where it could not send a cookie back that is for TLS only.
 */
export function setSessionCookie(
  { request, reply }: Exchange,
  { value, maxAgeS }: SessionCookie,
  { outpost }: Pick<Client, 'outpost'>,
) {
  reply.setCookie(SESSION_COOKIE, value, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: outpost ? cameByTls(request) : isSecure(request),
    ...(maxAgeS === undefined ? {} : { maxAge: Math.floor(maxAgeS) }),
  });
}
