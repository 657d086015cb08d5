import { clientNetwork } from '@gatehouse/executor';

/** How often one network may come. */
export interface RateLimit {
  /** Requests a period, and at most so many at once. */
  readonly requests: number;
  readonly periodS: number;
  /** Networks remembered at a time; beyond it the one that was away longest starts afresh. */
  readonly networks: number;
}

/** What a request that was counted leaves. */
export interface RateLimitResult {
  readonly admitted: boolean;
  /** Requests that may come at once now. */
  readonly remaining: number;
  /** Seconds until as many may come as ever. */
  readonly fullInS: number;
  /** Seconds until the next may come; 0 when it may come now. */
  readonly nextInS: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Counts requests by client network, a token bucket each, in the memory of this process. */
export class NetworkRateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly perMs: number;

  /** `now`: milliseconds on a clock that only goes forward. */
  constructor(
    private readonly rate: RateLimit,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.perMs = rate.requests / (rate.periodS * 1000);
  }

  /** Takes one request of the network that the address belongs to. */
  count(ip: string): RateLimitResult {
    const bucket = this.bucketOf(clientNetwork(ip));
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

  private bucketOf(network: string): Bucket {
    const now = this.now();
    const bucket = this.buckets.get(network) ?? { tokens: this.rate.requests, filledAt: now };
    bucket.tokens = Math.min(this.rate.requests, bucket.tokens + (now - bucket.filledAt) * this.perMs);
    bucket.filledAt = now;
    // The last that came is the last in the map, so the first is the one to forget.
    this.buckets.delete(network);
    this.buckets.set(network, bucket);
    if (this.buckets.size > this.rate.networks) this.buckets.delete(this.buckets.keys().next().value!);
    return bucket;
  }
}
