import { Problem, sentence } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import type { CurrentUser } from '../../sessions/sessions.js';
import type { ClientResolver } from '../client-info.js';
import { apiCsrfFailure } from '../csrf.js';
import type { HttpExchange } from '../exchange.js';
import type { AnonymousRateLimiter } from '../rate-limits/anonymous-rate-limiter.js';
import type { Tokens } from './api-tokens.js';
import type { SessionAuthenticator } from './session-authenticator.js';

/** Who asks. */
export interface Principal {
  readonly user: CurrentUser;
  /** The session that came along, if somebody is logged in to it, whoever that is. */
  readonly sessionId: string | undefined;
  /** Whether a token says who asks, not the session. */
  readonly byToken: boolean;
}

interface Parts {
  readonly tokens: Tokens;
  readonly sessions: SessionAuthenticator;
  readonly clients: ClientResolver;
  readonly gate: AnonymousRateLimiter;
  readonly baseUrl: string;
}

/**
 * Tells who asks: the user of a bearer token, else of the session (docs/spec/http.md#bearer-tokens). One place, for
 * every endpoint.
 */
export class AuthService {
  constructor(private readonly parts: Parts) {}

  /** Finds the user of a request's bearer token; undefined when it brings none. What it returns throws token_invalid. */
  tokenUserOf({ headers }: FastifyRequest): (() => Promise<CurrentUser>) | undefined {
    const [type, key] = parseAuthorization(headers.authorization ?? '');
    if (key === undefined) return undefined;
    return async () => {
      if (type.toLowerCase() !== 'bearer')
        throw new Problem('token_invalid', { detail: sentence('Unsupported authentication type') });
      const user = await this.parts.tokens.findUser(key);
      if (!user) throw new Problem('token_invalid');
      return user;
    };
  }

  /** Undefined for a stranger, who is counted. Throws rate_limited and token_invalid. */
  async find({ request, reply }: HttpExchange): Promise<Principal | undefined> {
    const { sessions, clients, gate } = this.parts;
    const session = await sessions.find(request);
    if (!session) gate.admit((await clients.of(request)).ip, reply);
    const tokenUser = await this.tokenUserOf(request)?.();
    const user = tokenUser ?? session?.user;
    return user && { user, sessionId: session?.id, byToken: tokenUser !== undefined };
  }

  /** As `find`; throws not_authenticated for a stranger. */
  async load(exchange: HttpExchange): Promise<Principal> {
    const principal = await this.find(exchange);
    if (!principal) throw new Problem('not_authenticated');
    return principal;
  }

  /** As `load`, for a request that changes something: one that a session vouches for must come from the site's own page. */
  async loadForChange(exchange: HttpExchange): Promise<Principal> {
    const principal = await this.load(exchange);
    const forged = principal.byToken ? undefined : apiCsrfFailure(exchange.request, this.parts.baseUrl);
    if (forged) throw new Problem('csrf_failed', { detail: forged });
    return principal;
  }
}

/** Type and credentials of an Authorization header; one without a space counts as absent. */
function parseAuthorization(header: string): readonly [type: string, credentials?: string] {
  const space = header.indexOf(' ');
  return space < 0 ? [header] : [header.slice(0, space), header.slice(space + 1).trim()];
}
