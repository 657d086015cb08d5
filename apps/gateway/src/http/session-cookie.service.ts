import { Problem } from '@gatehouse/contracts';
import type { FlowResponse, SessionCookie } from '@gatehouse/executor';
import { hashSessionKey } from '@gatehouse/executor';
import { Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { SessionRepository } from '../sessions/session.repository.js';
import { SessionRemovalRepository } from '../sessions/session-removal.repository.js';
import { SessionMessenger } from '../sockets/session-messenger.js';
import { MAX_CHANNELS } from '../sockets/socket-channel.js';
import { BoundCookieService } from './bound-cookie.service.js';
import { type ClientInfo, ClientResolver } from './client.resolver.js';
import { cookieValues } from './cookie-header.js';
import { isHostOnly, SESSION_COOKIE } from './cookie-names.js';
import { EventFactsReader } from './event-facts.reader.js';
import type { HttpExchange } from './exchange.js';
import { switchingCookie } from './switching-cookie.js';

/** A cookie value that can be a session key: 256 bits in base64url. */
const KEY = /^"?([\w-]{43})"?$/;

/** Reads and sets the session cookie, under the configured name. */
@Injectable()
export class SessionCookieService {
  constructor(
    @Inject(SessionRepository) private readonly sessions: Pick<SessionRepository, 'choose'>,
    @Inject(SessionRemovalRepository) private readonly removals: Pick<SessionRemovalRepository, 'removePlanted'>,
    @Inject(ClientResolver) private readonly clients: Pick<ClientResolver, 'resolve'>,
    @Inject(EventFactsReader) private readonly eventFacts: Pick<EventFactsReader, 'read'>,
    @Inject(Logger) private readonly logger: Pick<Logger, 'event'>,
    @Inject(SessionMessenger) private readonly messenger: Pick<SessionMessenger, 'closeSockets'>,
    @Inject(BoundCookieService) private readonly boundCookies: Pick<BoundCookieService, 'storedKeys' | 'skippedKeys'>,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'SESSION_COOKIE'>,
  ) {}

  /**
   * Returns the SHA-256 of a request's session key, or undefined if there is none. If only one of several keys belongs
   * to a live session, returns that key: another installation of authentik or Gatehouse may have set a cookie of that
   * name for the parent domain. If several keys belong to live sessions, an attacker has planted one of them: returns
   * undefined and ends all these sessions (docs/adr/0037). A device-bound session is stored under another key, which
   * also requires the bound cookie. Throws `device_refresh_skipped` if the browser must first renew the bound cookie,
   * so that the browser gets no second session meanwhile.
   */
  async keyOf(request: FastifyRequest): Promise<Buffer | undefined> {
    const keys = this.keysIn(request, await this.nameFor(request));
    const skipped = this.boundCookies.skippedKeys(keys, request.headers);
    if (skipped.length > 0 && (await this.sessions.choose(skipped)).key) throw new Problem('device_refresh_skipped');
    return keys.length < 2 ? keys[0] : this.choose(keys, request);
  }

  /**
   * Sets the session cookie, HttpOnly, and Secure if the visitor came by TLS. An outpost may use an internal address of
   * the site over plain HTTP, where a client would not return a Secure cookie. If the browser switches to another of
   * its users, sets the switching cookie with the same attributes. Closes the WebSockets that were opened with the
   * cookies of the request, so that no page listens with an outdated session key.
   */
  set(
    { request, reply }: HttpExchange,
    { value, maxAgeS, set }: SessionCookie,
    { outpost }: Pick<ClientInfo, 'outpost'>,
  ): void {
    const name = outpost ? SESSION_COOKIE : this.config.SESSION_COOKIE;
    const attributes = cookieAttributes(request, outpost);
    const lifetime = maxAgeS === undefined ? {} : { maxAge: Math.floor(maxAgeS) };
    const all = { ...(isHostOnly(name) ? { ...attributes, secure: true } : attributes), ...lifetime };
    reply.setCookie(name, value, all);
    if (set !== undefined) reply.setCookie(switchingCookie(this.config), set, all);
    // Each key causes a message to every gateway, and a client can send hundreds of made-up keys.
    if (!outpost) this.messenger.closeSockets(this.keysIn(request, name).slice(0, MAX_CHANNELS));
  }

  /** Returns whether a key that `keyOf` has returned belongs to a device-bound session. */
  isBound({ headers }: FastifyRequest, key: Buffer): boolean {
    return !sessionKeysIn(headers.cookie, this.config.SESSION_COOKIE).some((own) => own.equals(key));
  }

  /** Returns the stored key of a session cookie that this request sets. */
  async newKeyOf(request: FastifyRequest, { value }: SessionCookie): Promise<Buffer> {
    const key = hashSessionKey(value);
    const keys = this.boundCookies.storedKeys([key], request.headers.cookie);
    return keys.length < 2 ? key : ((await this.sessions.choose(keys)).key ?? key);
  }

  private keysIn({ headers: { cookie } }: FastifyRequest, name: string): Buffer[] {
    return this.boundCookies.storedKeys(sessionKeysIn(cookie, name), cookie);
  }

  private async choose(keys: readonly Buffer[], request: FastifyRequest): Promise<Buffer | undefined> {
    const { key, planted } = await this.sessions.choose(keys);
    if (planted.length === 0) return key;
    const ended = await this.removals.removePlanted(planted, await this.eventFacts.read(request, undefined));
    // A concurrent request with the same keys may have ended these sessions.
    if (ended > 0) this.logger.event('session_cookies_planted', { request_id: request.id, ended });
    return undefined;
  }

  /** Returns the name of the session cookie. An outpost gets the default name, because it supports no other. */
  private async nameFor(request: FastifyRequest): Promise<string> {
    const name = this.config.SESSION_COOKIE;
    return name !== SESSION_COOKIE && (await this.clients.resolve(request)).outpost ? SESSION_COOKIE : name;
  }
}

/** Returns the SHA-256 of each distinct key in the cookies of a name. Malformed values are ignored. */
export function sessionKeysIn(header: string | undefined, name: string): Buffer[] {
  const values = cookieValues(header, name).flatMap((value) => KEY.exec(value)?.[1] ?? []);
  return [...new Set(values)].map(hashSessionKey);
}

/** Returns whether a request arrived over TLS, at this process or at a trusted proxy. */
const isTlsRequest = ({ protocol }: FastifyRequest): boolean => protocol === 'https';

/** Returns whether the visitor uses TLS. Always true if BASE_URL is https. */
export const isSecure = (request: FastifyRequest): boolean =>
  isTlsRequest(request) || request.server.hasDecorator(TLS_ONLY);

/** Name of the decorator that the Fastify instance has if BASE_URL is https. */
export const TLS_ONLY = 'siteIsTlsOnly';

/** Sets the cookies that effects of stages request. The contract of a stage limits the names of its cookies. */
export function setEffectCookies(
  { request, reply }: HttpExchange,
  cookies: FlowResponse['effects']['cookies'],
  { outpost }: Pick<ClientInfo, 'outpost'>,
) {
  for (const { name, value, max_age_s } of cookies) {
    const maxAge = Math.floor(max_age_s);
    reply.setCookie(name, value, { maxAge, ...cookieAttributes(request, outpost) });
  }
}

/** Returns the attributes of every cookie that scripts of pages may not read. */
export const cookieAttributes = (request: FastifyRequest, outpost: boolean) =>
  ({
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: outpost ? isTlsRequest(request) : isSecure(request),
  }) as const;
