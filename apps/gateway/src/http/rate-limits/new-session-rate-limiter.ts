import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import type { ClientInfo } from '../client.resolver.js';
import { networkLimit } from './network-rate-limiter.js';

type Settings = Pick<GatewayConfig, 'NEW_SESSION_RATE' | 'NEW_SESSION_RATE_PERIOD_S'>;

/** Limits the number of new sessions per network, because each session is stored (docs/spec/http.md#new-sessions). */
@Injectable()
export class NewSessionRateLimiter {
  private readonly count: (ip: string) => void;

  constructor(@Inject(GATEWAY_CONFIG) { NEW_SESSION_RATE: requests, NEW_SESSION_RATE_PERIOD_S: periodS }: Settings) {
    this.count = networkLimit('new_session', { requests, periodS });
  }

  /** Counts a new session. Does not limit outposts, because their token authenticates them. Throws `rate_limited`. */
  admit({ ip, outpost }: Pick<ClientInfo, 'ip' | 'outpost'>): void {
    if (!outpost) this.count(ip);
  }
}
