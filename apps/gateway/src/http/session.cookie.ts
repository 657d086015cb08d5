import type { Effect } from '@gatehouse/contracts';
import type { SessionCookie } from '@gatehouse/executor';
import { hashSessionKey } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';
import type { ClientInfo } from './client-info.js';
import type { HttpExchange } from './exchange.js';

/** The name that outposts and reverse proxies look for. */
export const SESSION_COOKIE = 'authentik_session';

/** A cookie that can hold a key of ours, which is 256 bits in base64url; anything else of that name is nobody's. */
const KEY = new RegExp(`^\\s*${SESSION_COOKIE}="?([\\w-]{43})"?\\s*$`);

/**
 * SHA-256 of the session cookie, if the request has one. Another installation may have left one of that name for the parent
 * domain, which comes first because it is older, so that of several the last counts.
 */
export function sessionKeyFrom({ headers }: Pick<FastifyRequest, 'headers'>): Buffer | undefined {
  const cookies = headers.cookie?.split(';') ?? [];
  const value = cookies.flatMap((cookie) => KEY.exec(cookie)?.[1] ?? []).at(-1);
  return value === undefined ? undefined : hashSessionKey(value);
}

/** Whether a request came by TLS: to this process, or to a trusted proxy. */
const isTlsRequest = ({ protocol }: FastifyRequest): boolean => protocol === 'https';

/** Whether the visitor comes by TLS, as all do where the site has no other address. */
export const isSecure = (request: FastifyRequest): boolean =>
  isTlsRequest(request) || request.server.hasDecorator(TLS_ONLY);

/** Decorates the server of a site whose address is https. */
export const TLS_ONLY = 'siteIsTlsOnly';

/**
 * Sets the session cookie: opaque, out of scripts' reach, over TLS only when the visitor came by TLS. An outpost may come
 * by an inner address of the site, where it could not send a cookie back that is for TLS only.
 */
export function setSessionCookie(
  { request, reply }: HttpExchange,
  { value, maxAgeS }: SessionCookie,
  { outpost }: Pick<ClientInfo, 'outpost'>,
) {
  reply.setCookie(SESSION_COOKIE, value, {
    ...cookieAttributes(request, outpost),
    ...(maxAgeS === undefined ? {} : { maxAge: Math.floor(maxAgeS) }),
  });
}

/** Sets what stages have asked browsers to remember; a contract says by which names they may. */
export function setEffectCookies(
  { request, reply }: HttpExchange,
  effects: readonly Effect[],
  { outpost }: Pick<ClientInfo, 'outpost'>,
) {
  for (const effect of effects) {
    if (effect.type !== 'cookie') continue;
    const maxAge = Math.floor(effect.max_age_s);
    reply.setCookie(effect.name, effect.value, { ...cookieAttributes(request, outpost), maxAge });
  }
}

const cookieAttributes = (request: FastifyRequest, outpost: boolean) =>
  ({
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: outpost ? isTlsRequest(request) : isSecure(request),
  }) as const;
