import type { FlowResponse, SessionCookie } from '@gatehouse/executor';
import { hashSessionKey } from '@gatehouse/executor';
import type { Logger } from '@gatehouse/platform';
import type { FastifyRequest } from 'fastify';
import type { Sessions } from '../sessions/sessions.js';
import type { ClientInfo, ClientResolver } from './client-info.js';
import { isHostOnly, SESSION_COOKIE } from './cookie-names.js';
import type { HttpExchange } from './exchange.js';

/** The value of a cookie that can hold a session key: 256 bits in base64url. */
const KEY = /^"?([\w-]{43})"?$/;

interface Parts {
  readonly sessions: Pick<Sessions, 'choose'>;
  readonly clients: Pick<ClientResolver, 'of'>;
  readonly logger: Pick<Logger, 'event'>;
  /** The configured name. */
  readonly name: string;
}

/** Reads and sets the session cookie, under the configured name. */
export class SessionCookies {
  constructor(private readonly parts: Parts) {}

  /**
   * Returns the SHA-256 of a request's session key, or undefined if there is none. Of several keys one counts if it is the only
   * one of a live session, because another installation may have left a cookie of that name for the parent domain. If keys of
   * several live sessions come, one of them was planted: none counts, and all these sessions end (docs/adr/0037).
   */
  async keyOf(request: FastifyRequest): Promise<Buffer | undefined> {
    const keys = sessionKeysIn(request.headers.cookie, await this.nameFor(request));
    return keys.length < 2 ? keys[0] : this.choose(keys, request);
  }

  /**
   * Sets the cookie: opaque, out of reach of scripts, and for TLS only if the visitor came by TLS. An outpost may come by an
   * inner address of the site over plain HTTP, where it could not send back a cookie that is for TLS only.
   */
  set(
    { request, reply }: HttpExchange,
    { value, maxAgeS }: SessionCookie,
    { outpost }: Pick<ClientInfo, 'outpost'>,
  ): void {
    const name = outpost ? SESSION_COOKIE : this.parts.name;
    const attributes = cookieAttributes(request, outpost);
    reply.setCookie(name, value, {
      ...(isHostOnly(name) ? { ...attributes, secure: true } : attributes),
      ...(maxAgeS === undefined ? {} : { maxAge: Math.floor(maxAgeS) }),
    });
  }

  private async choose(keys: readonly Buffer[], request: FastifyRequest): Promise<Buffer | undefined> {
    const { key, ended } = await this.parts.sessions.choose(keys);
    if (ended > 0) this.parts.logger.event('several live session cookies', { request_id: request.id, ended });
    return key;
  }

  /** Outposts know one name only. */
  private async nameFor(request: FastifyRequest): Promise<string> {
    const { name, clients } = this.parts;
    return name !== SESSION_COOKIE && (await clients.of(request)).outpost ? SESSION_COOKIE : name;
  }
}

/** SHA-256 of each different key in the cookies of one name. Values of another form are ignored. */
export function sessionKeysIn(header: string | undefined, name: string): Buffer[] {
  const values = (header?.split(';') ?? []).flatMap((pair) => {
    const [found = '', ...value] = pair.trim().split('=');
    return found === name ? (KEY.exec(value.join('='))?.[1] ?? []) : [];
  });
  return [...new Set(values)].map(hashSessionKey);
}

/** Whether a request came by TLS: to this process, or to a trusted proxy. */
const isTlsRequest = ({ protocol }: FastifyRequest): boolean => protocol === 'https';

/** Whether the visitor comes by TLS, as all do where the site has no other address. */
export const isSecure = (request: FastifyRequest): boolean =>
  isTlsRequest(request) || request.server.hasDecorator(TLS_ONLY);

/** Decorates the server of a site whose address is https. */
export const TLS_ONLY = 'siteIsTlsOnly';

/** Sets what stages have asked browsers to remember; a contract says by which names they may. */
export function setEffectCookies(
  { request, reply }: HttpExchange,
  cookies: FlowResponse['effects']['cookies'],
  { outpost }: Pick<ClientInfo, 'outpost'>,
) {
  for (const { name, value, max_age_s } of cookies) {
    const maxAge = Math.floor(max_age_s);
    reply.setCookie(name, value, { ...cookieAttributes(request, outpost), maxAge });
  }
}

const cookieAttributes = (request: FastifyRequest, outpost: boolean) =>
  ({
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: outpost ? isTlsRequest(request) : isSecure(request),
  }) as const;
