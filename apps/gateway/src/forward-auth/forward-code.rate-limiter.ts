import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import {
  type NetworkRateLimiter,
  networkRateLimiter,
  rateLimitProblem,
} from '../http/rate-limits/network-rate-limiter.js';

const PERIOD_S = 60;

/** Limits the codes that one session gets, so that a redirect loop of a proxy ends. */
@Injectable()
export class ForwardCodeRateLimiter {
  private readonly limiter: NetworkRateLimiter | undefined;

  constructor(
    @Inject(GATEWAY_CONFIG) { FORWARD_AUTH_CODE_RATE: requests }: Pick<GatewayConfig, 'FORWARD_AUTH_CODE_RATE'>,
  ) {
    this.limiter = networkRateLimiter({ requests, periodS: PERIOD_S });
  }

  /** Counts a code of a session. Throws `rate_limited`. */
  admit(sessionId: string): void {
    const result = this.limiter?.count('0.0.0.0', sessionId);
    if (result?.admitted === false) throw rateLimitProblem('forward_code', result);
  }
}
