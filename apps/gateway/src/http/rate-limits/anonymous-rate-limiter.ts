import { Problem } from '@gatehouse/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../../gateway.config.js';
import { NetworkRateLimiter } from './network-rate-limiter.js';

/** Networks that are remembered at a time, some 20 MB of them. */
const NETWORKS = 100_000;

type Settings = Pick<GatewayConfig, 'ANONYMOUS_RATE' | 'ANONYMOUS_RATE_PERIOD_S'>;

/** Bounds how often people who are not logged in may come from one network (docs/spec/http.md#anonymous-rate-limit). */
export class AnonymousRateLimiter {
  private readonly rates: NetworkRateLimiter | undefined;
  private readonly policy: string;

  constructor({ ANONYMOUS_RATE: requests, ANONYMOUS_RATE_PERIOD_S: periodS }: Settings) {
    this.rates = requests === 0 ? undefined : new NetworkRateLimiter({ requests, periodS, networks: NETWORKS });
    this.policy = `"anonymous";q=${requests};w=${periodS}`;
  }

  /**
   * Counts a request of a stranger; the answer's headers say what is left, in the words of
   * draft-ietf-httpapi-ratelimit-headers. Throws rate_limited.
   */
  admit(ip: string, reply: FastifyReply) {
    if (!this.rates) return;
    const { admitted, remaining, fullInS, nextInS } = this.rates.count(ip);
    void reply
      .header('ratelimit-policy', this.policy)
      .header('ratelimit', `"anonymous";r=${remaining};t=${Math.ceil(fullInS)}`);
    if (!admitted) throw new Problem('rate_limited', { retry_after_s: nextInS });
  }
}
