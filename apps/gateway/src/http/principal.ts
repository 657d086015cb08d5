import { Problem } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Self } from '../execution/sessions.js';
import { Tokens } from '../execution/tokens.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { forgeryOf } from './csrf.js';
import { LiveSessions } from './live-sessions.js';

/** Who asks. */
export interface Principal {
  readonly user: Self;
  /** The session that came along, if it is alive, whoever's it is. */
  readonly sessionId: string | undefined;
  /** Whether a token says who asks, not the session. */
  readonly byToken: boolean;
}

/** Tells who asks: the user of a bearer token, else of the session (01-executor §8.7). One place, for every endpoint. */
@Injectable()
export class Principals {
  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(LiveSessions) private readonly sessions: LiveSessions,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Finds the user of a request's bearer token; undefined when it brings none. What it returns throws token_invalid. */
  tokenUserOf({ headers }: FastifyRequest): (() => Promise<Self>) | undefined {
    const [type, key] = partsOf(headers.authorization ?? '');
    if (key === undefined) return undefined;
    return async () => {
      if (type.toLowerCase() !== 'bearer')
        throw new Problem('token_invalid', { detail: 'Unsupported authentication type' });
      const user = await this.tokens.findUser(key);
      if (!user) throw new Problem('token_invalid');
      return user;
    };
  }

  /** Undefined for a stranger. Throws token_invalid. */
  async find(request: FastifyRequest): Promise<Principal | undefined> {
    const tokenUser = await this.tokenUserOf(request)?.();
    const session = await this.sessions.find(request);
    const user = tokenUser ?? session?.user;
    return user && { user, sessionId: session?.id, byToken: tokenUser !== undefined };
  }

  /** Throws not_authenticated for a stranger. */
  async load(request: FastifyRequest): Promise<Principal> {
    const principal = await this.find(request);
    if (!principal) throw new Problem('not_authenticated');
    return principal;
  }

  /** As `load`, for a request that changes something: one that a session vouches for must come from the site's own page. */
  async loadForChange(request: FastifyRequest): Promise<Principal> {
    const principal = await this.load(request);
    const forged = principal.byToken ? undefined : forgeryOf(request, this.config.BASE_URL);
    if (forged) throw new Problem('csrf_failed', { detail: forged });
    return principal;
  }
}

/** Type and credentials of an Authorization header; one without a space counts as absent. */
function partsOf(header: string): readonly [type: string, credentials?: string] {
  const space = header.indexOf(' ');
  return space < 0 ? [header] : [header.slice(0, space), header.slice(space + 1).trim()];
}
