import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { subjectLimit } from '../http/rate-limits/network-rate-limiter.js';

const PERIOD_S = 60;

/** Limits the requests that one OAuth client pushes (docs/spec/authorization-code.md#par). */
@Injectable()
export class AuthorizationRequestRateLimiter {
  /** Counts a request of an authenticated client, by its id. Throws `rate_limited`. */
  readonly admit: (clientId: string) => void;

  constructor(
    @Inject(GATEWAY_CONFIG) { AUTHORIZATION_REQUEST_RATE: requests }: Pick<GatewayConfig, 'AUTHORIZATION_REQUEST_RATE'>,
  ) {
    this.admit = subjectLimit('authorization_request', { requests, periodS: PERIOD_S });
  }
}
