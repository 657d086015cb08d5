import { Problem, sentence } from '@gatehouse/contracts';
import type { TokenScope } from '@gatehouse/directory';
import { SessionBindingChecker } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type ActiveSession, SessionRepository } from '../../sessions/session.repository.js';
import type { AuthenticatedUser } from '../../users/user.repository.js';
import { ClientResolver } from '../client.resolver.js';
import type { HttpExchange } from '../exchange.js';
import { AnonymousRateLimiter } from '../rate-limits/anonymous-rate-limiter.js';
import { SessionCookieService } from '../session-cookie.service.js';
import { type ApiToken, ApiTokenRepository, type TokenOwner } from './api-token.repository.js';

/** The caller of an endpoint. */
export interface Principal {
  readonly user: AuthenticatedUser;
  /** The session that the request belongs to, if any. With an API token it may be the session of another user. */
  readonly sessionId: string | undefined;
  /** Whether the request was authenticated by an API token and not by the session. */
  readonly byToken: boolean;
  /** The API token, if `byToken` is set. */
  readonly token?: ApiToken | undefined;
}

/** Authenticates requests: by bearer token, else by session (docs/spec/http.md#bearer-tokens). */
@Injectable()
export class AuthService {
  constructor(
    @Inject(ApiTokenRepository) private readonly tokens: ApiTokenRepository,
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(SessionBindingChecker) private readonly bindings: SessionBindingChecker,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(SessionCookieService) private readonly cookies: SessionCookieService,
    @Inject(AnonymousRateLimiter) private readonly rateLimiter: AnonymousRateLimiter,
  ) {}

  /**
   * Returns a function that loads the user of the request's bearer token, or undefined if the request has no token.
   * Callers call the function after their rate limit. It throws `token_invalid`, and `token_scope` for a scoped token.
   */
  tokenUserOf(request: FastifyRequest): (() => Promise<AuthenticatedUser>) | undefined {
    const find = this.tokenOwnerOf(request, undefined);
    return find && (async () => (await find()).user);
  }

  /**
   * Returns the principal, or undefined for an anonymous visitor. Requests without a session count towards the
   * anonymous rate limit before their token is looked up. Accepts tokens without a scope, and tokens with `scope`.
   * Throws `rate_limited`, `token_invalid`, and `token_scope` for a token with another scope.
   */
  async find({ request, reply }: HttpExchange, scope?: TokenScope): Promise<Principal | undefined> {
    const session = await this.findSession(request);
    if (!session) this.rateLimiter.admit((await this.clients.resolve(request)).ip, reply);
    const owner = await this.tokenOwnerOf(request, scope)?.();
    const user = owner?.user ?? session?.user;
    return user && { user, sessionId: session?.id, byToken: owner !== undefined, token: owner?.token };
  }

  /** Returns the principal. Throws `not_authenticated` for an anonymous visitor, and the same problems as `find`. */
  async load(exchange: HttpExchange, scope?: TokenScope): Promise<Principal> {
    const principal = await this.find(exchange, scope);
    if (!principal) throw new Problem('not_authenticated');
    return principal;
  }

  private tokenOwnerOf(
    { headers }: FastifyRequest,
    scope: TokenScope | undefined,
  ): (() => Promise<TokenOwner>) | undefined {
    const [type, key] = parseAuthorization(headers.authorization ?? '');
    if (key === undefined) return undefined;
    return async () => {
      if (type.toLowerCase() !== 'bearer')
        throw new Problem('token_invalid', { detail: sentence('Unsupported authentication type') });
      const owner = await this.tokens.find(key);
      if (!owner) throw new Problem('token_invalid');
      if (owner.token.scope !== null && owner.token.scope !== scope) throw new Problem('token_scope');
      return owner;
    };
  }

  /**
   * Returns the session of a logged-in user, or undefined if there is none or the client no longer matches the
   * session's binding.
   */
  private async findSession(request: FastifyRequest): Promise<ActiveSession | undefined> {
    const key = await this.cookies.keyOf(request);
    const session = key && (await this.sessions.find(key));
    if (!session) return undefined;
    const client = await this.clients.resolve(request);
    return (await this.bindings.check(session, { client, requestId: request.id })) ? session : undefined;
  }
}

/** Returns the type and the credentials of an Authorization header. A header without a space has no credentials. */
function parseAuthorization(header: string): readonly [type: string, credentials?: string] {
  const space = header.indexOf(' ');
  return space < 0 ? [header] : [header.slice(0, space), header.slice(space + 1).trim()];
}
