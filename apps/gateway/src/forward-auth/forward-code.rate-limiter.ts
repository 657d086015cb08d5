import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { subjectLimit } from '../http/rate-limits/network-rate-limiter.js';

const PERIOD_S = 60;

/** Limits how many codes a session gets, so that a redirect loop of a proxy ends. */
@Injectable()
export class ForwardCodeRateLimiter {
  /** Counts a code of a session, by the id of the session. Throws `rate_limited`. */
  readonly admit: (sessionId: string) => void;

  constructor(
    @Inject(GATEWAY_CONFIG) { FORWARD_AUTH_CODE_RATE: requests }: Pick<GatewayConfig, 'FORWARD_AUTH_CODE_RATE'>,
  ) {
    this.admit = subjectLimit('forward_code', { requests, periodS: PERIOD_S });
  }
}
