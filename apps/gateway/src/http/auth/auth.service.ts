import { Problem, sentence } from '@gatehouse/contracts';
import { SessionBindingChecker } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type ActiveSession, SessionRepository } from '../../sessions/session.repository.js';
import type { AuthenticatedUser } from '../../users/user.repository.js';
import { ClientResolver } from '../client.resolver.js';
import type { HttpExchange } from '../exchange.js';
import { AnonymousRateLimiter } from '../rate-limits/anonymous-rate-limiter.js';
import { SessionCookieService } from '../session-cookie.service.js';
import { ApiTokenRepository } from './api-token.repository.js';

/** The caller of an endpoint. */
export interface Principal {
  readonly user: AuthenticatedUser;
  /** The session that the request belongs to, if any. With an API token it may be the session of another user. */
  readonly sessionId: string | undefined;
  /** Whether the request was authenticated by an API token and not by the session. */
  readonly byToken: boolean;
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
   * Callers call the function after their rate limit. It throws `token_invalid`.
   */
  tokenUserOf({ headers }: FastifyRequest): (() => Promise<AuthenticatedUser>) | undefined {
    const [type, key] = parseAuthorization(headers.authorization ?? '');
    if (key === undefined) return undefined;
    return async () => {
      if (type.toLowerCase() !== 'bearer')
        throw new Problem('token_invalid', { detail: sentence('Unsupported authentication type') });
      const user = await this.tokens.findUser(key);
      if (!user) throw new Problem('token_invalid');
      return user;
    };
  }

  /**
   * Returns the principal, or undefined for an anonymous visitor. Requests without a session count towards the anonymous rate
   * limit before their token is looked up. Throws `rate_limited` and `token_invalid`.
   */
  async find({ request, reply }: HttpExchange): Promise<Principal | undefined> {
    const session = await this.findSession(request);
    if (!session) this.rateLimiter.admit((await this.clients.resolve(request)).ip, reply);
    const tokenUser = await this.tokenUserOf(request)?.();
    const user = tokenUser ?? session?.user;
    return user && { user, sessionId: session?.id, byToken: tokenUser !== undefined };
  }

  /** Returns the principal. Throws `not_authenticated` for an anonymous visitor, and the same problems as `find`. */
  async load(exchange: HttpExchange): Promise<Principal> {
    const principal = await this.find(exchange);
    if (!principal) throw new Problem('not_authenticated');
    return principal;
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
