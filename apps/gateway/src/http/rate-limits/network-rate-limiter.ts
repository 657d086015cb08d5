import { Problem } from '@gatehouse/contracts';
import { clientNetwork } from '@gatehouse/platform';
import { type RateLimitName, rateLimited } from './rate-limit.metrics.js';

/** Largest number of networks that one limit counts at the same time. This many networks need about 20 MB. */
const MAX_NETWORKS = 100_000;

/** Limit of the requests of one network. */
export interface RateLimit {
  /** Number of requests in a period, and the capacity of the token bucket. */
  readonly requests: number;
  readonly periodS: number;
  /**
   * Largest number of networks that are counted at the same time. A further network replaces the least recently seen
   * one.
   */
  readonly maxNetworks: number;
}

/** The state of a network's bucket after a request. */
export interface RateLimitResult {
  readonly admitted: boolean;
  /** Number of further requests that would be admitted now. */
  readonly remaining: number;
  /** Seconds until the bucket is full. */
  readonly fullInS: number;
  /** Seconds until the next request is admitted; 0 if it is admitted now. */
  readonly nextInS: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Token buckets, one per client network and subject, in the memory of this process. */
export class NetworkRateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly perMs: number;

  /** `now` returns milliseconds of a monotonic clock. */
  constructor(
    private readonly rate: RateLimit,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.perMs = rate.requests / (rate.periodS * 1000);
  }

  /** Counts one request of the network that the address belongs to. Each `subject` has buckets of its own. */
  count(ip: string, subject = ''): RateLimitResult {
    const bucket = this.bucketOf(`${clientNetwork(ip)} ${subject}`);
    const admitted = bucket.tokens >= 1;
    if (admitted) bucket.tokens -= 1;
    const { tokens } = bucket;
    return {
      admitted,
      remaining: Math.floor(tokens),
      fullInS: (this.rate.requests - tokens) / this.perMs / 1000,
      nextInS: Math.max(0, 1 - tokens) / this.perMs / 1000,
    };
  }

  private bucketOf(key: string): Bucket {
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.rate.requests, filledAt: now };
    bucket.tokens = Math.min(this.rate.requests, bucket.tokens + (now - bucket.filledAt) * this.perMs);
    bucket.filledAt = now;
    // A Map iterates in insertion order, so its first entry is the least recently seen network.
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    if (this.buckets.size > this.rate.maxNetworks) this.buckets.delete(this.buckets.keys().next().value!);
    return bucket;
  }
}

/** Returns a limiter of the requests of each network; `undefined` for 0 requests, which means no limit. */
export const networkRateLimiter = ({ requests, periodS }: Omit<RateLimit, 'maxNetworks'>) =>
  requests === 0 ? undefined : new NetworkRateLimiter({ requests, periodS, maxNetworks: MAX_NETWORKS });

/** Returns a function that counts one request of an address's network, and throws `rate_limited` above the limit. */
export function networkLimit(name: RateLimitName, limit: Omit<RateLimit, 'maxNetworks'>): (ip: string) => void {
  const limiter = networkRateLimiter(limit);
  return (ip) => {
    const result = limiter?.count(ip);
    if (result?.admitted === false) throw rateLimitProblem(name, result);
  };
}

/**
 * Returns a function that counts one request of a subject, such as a session or an OAuth client, from any network. It
 * throws `rate_limited` above the limit.
 */
export function subjectLimit(name: RateLimitName, limit: Omit<RateLimit, 'maxNetworks'>): (subject: string) => void {
  const limiter = networkRateLimiter(limit);
  return (subject) => {
    const result = limiter?.count('0.0.0.0', subject);
    if (result?.admitted === false) throw rateLimitProblem(name, result);
  };
}

/** A request above a rate limit. */
export class RateLimitProblem extends Problem {
  constructor(
    readonly limit: RateLimitName,
    nextInS: number,
  ) {
    super('rate_limited', { retry_after_s: nextInS });
  }
}

/** Counts a request above the limit `name`, and returns the problem for it. */
export function rateLimitProblem(name: RateLimitName, { nextInS }: Pick<RateLimitResult, 'nextInS'>): RateLimitProblem {
  rateLimited.inc({ limit: name });
  return new RateLimitProblem(name, nextInS);
}
