import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Browsers accept a cookie with this prefix only from the host itself, over TLS and for all paths, so that another host
 * of the domain cannot plant a cookie with this name (RFC 6265bis §4.1.3.2).
 */
const HOST_PREFIX = '__Host-';

/** The cookie names that authentik's clients, outposts and reverse proxies expect. */
export const [SESSION_COOKIE, CSRF_COOKIE] = ['authentik_session', 'authentik_csrf'] as const;

/** The names that can be configured for the session cookie. */
export const SESSION_COOKIES = [SESSION_COOKIE, `${HOST_PREFIX}${SESSION_COOKIE}`] as const;
/** The names that can be configured for the cookie of the CSRF token. */
export const CSRF_COOKIES = [CSRF_COOKIE, `${HOST_PREFIX}${CSRF_COOKIE}`] as const;

/** Returns whether browsers accept a cookie of this name only over TLS. */
export const isHostOnly = (name: string): boolean => name.startsWith(HOST_PREFIX);

const DECORATOR = 'csrfCookie';

/** Stores the configured name of the CSRF cookie in the server. */
export const decorateCsrfCookie = (fastify: FastifyInstance, name: string): void => {
  fastify.decorate(DECORATOR, name);
};

/** Returns the configured name of the CSRF cookie. */
export const csrfCookieOf = ({ server }: FastifyRequest): string => server.getDecorator<string>(DECORATOR);
