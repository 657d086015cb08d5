import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { ClientResolver } from '../client.resolver.js';
import { type NetworkRateLimiter, networkRateLimiter, rateLimitProblem } from './network-rate-limiter.js';

type Settings = Pick<GatewayConfig, 'ANONYMOUS_RATE' | 'ANONYMOUS_RATE_PERIOD_S'>;

/** Limits the request rate of anonymous visitors per network (docs/spec/http.md#anonymous-rate-limit). */
@Injectable()
export class AnonymousRateLimiter {
  private readonly limiter: NetworkRateLimiter | undefined;
  private readonly policy: string;

  constructor(@Inject(GATEWAY_CONFIG) { ANONYMOUS_RATE: requests, ANONYMOUS_RATE_PERIOD_S: periodS }: Settings) {
    this.limiter = networkRateLimiter({ requests, periodS });
    this.policy = `"anonymous";q=${requests};w=${periodS}`;
  }

  /**
   * Counts the request of an anonymous visitor and sets the headers of draft-ietf-httpapi-ratelimit-headers. Throws
   * `rate_limited`.
   */
  admit(ip: string, reply: FastifyReply) {
    if (!this.limiter) return;
    const { admitted, remaining, fullInS, nextInS } = this.limiter.count(ip);
    void reply
      .header('ratelimit-policy', this.policy)
      .header('ratelimit', `"anonymous";r=${remaining};t=${Math.ceil(fullInS)}`);
    if (!admitted) throw rateLimitProblem('anonymous', { nextInS });
  }
}

/**
 * Counts every request of a route towards the anonymous rate limit. It is for routes with `@Public()`, whose requests
 * the AuthGuard does not count. Throws `rate_limited`.
 */
@Injectable()
export class AnonymousRateLimitGuard implements CanActivate {
  constructor(
    @Inject(AnonymousRateLimiter) private readonly rateLimiter: AnonymousRateLimiter,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const { ip } = await this.clients.resolve(http.getRequest<FastifyRequest>());
    this.rateLimiter.admit(ip, http.getResponse<FastifyReply>());
    return true;
  }
}
