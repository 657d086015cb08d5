import { beforeEach, describe, expect, it } from 'vitest';
import { NetworkRateLimiter } from './network-rate-limiter.js';

let nowMs: number;
const limiterWith = (rate: Partial<ConstructorParameters<typeof NetworkRateLimiter>[0]> = {}) =>
  new NetworkRateLimiter({ requests: 3, periodS: 1, maxNetworks: 100, ...rate }, () => nowMs);
beforeEach(() => {
  nowMs = 5_000_000;
});

const admitted = (limiter: NetworkRateLimiter, ips: readonly string[]) => ips.map((ip) => limiter.count(ip).admitted);
const times = (count: number, ip: string) => Array.from({ length: count }, () => ip);

describe('a network with a rate limit', () => {
  it('is admitted up to the limit, and again as time passes', () => {
    const limiter = limiterWith();
    expect(admitted(limiter, times(4, '203.0.113.7'))).toEqual([true, true, true, false]);
    nowMs += 334;
    expect(admitted(limiter, times(2, '203.0.113.7'))).toEqual([true, false]);
    nowMs += 3_600_000;
    expect(admitted(limiter, times(4, '203.0.113.7'))).toEqual([true, true, true, false]);
  });

  it('gets the number of remaining requests, the seconds to the next request and the seconds to a full bucket', () => {
    const limiter = limiterWith({ requests: 2, periodS: 60 });
    expect(limiter.count('203.0.113.7')).toEqual({ admitted: true, remaining: 1, fullInS: 30, nextInS: 0 });
    expect(limiter.count('203.0.113.7')).toEqual({ admitted: true, remaining: 0, fullInS: 60, nextInS: 30 });
    nowMs += 10_000;
    const refused = limiter.count('203.0.113.7');
    expect(refused.admitted).toBe(false);
    expect(refused.nextInS).toBeCloseTo(20);
    expect(refused.fullInS).toBeCloseTo(50);
  });

  it('is not charged for refused requests', () => {
    const limiter = limiterWith({ requests: 1, periodS: 1 });
    expect(admitted(limiter, times(50, '203.0.113.7')).filter(Boolean)).toHaveLength(1);
    nowMs += 1000;
    expect(limiter.count('203.0.113.7').admitted).toBe(true);
  });

  it('is one IPv4 address in any notation; the next address is another network', () => {
    const limiter = limiterWith({ requests: 1 });
    expect(admitted(limiter, ['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107', '203.0.113.8'])).toEqual([
      ...[true, false, false, true],
    ]);
  });

  it('is a /64 of IPv6, so that a thousand addresses in it share one bucket (accident 50)', () => {
    const limiter = limiterWith({ requests: 10 });
    const addresses = Array.from({ length: 1000 }, (_, i) => `2001:db8:0:1:${i.toString(16)}::${i.toString(16)}`);
    expect(admitted(limiter, addresses).filter(Boolean)).toHaveLength(10);
    expect(limiter.count('2001:db8:0:2::1').admitted).toBe(true);
  });
});

it('requests of different subjects are counted separately, and their buckets share one bounded table', () => {
  const limiter = limiterWith({ requests: 1, periodS: 60, maxNetworks: 2 });
  const admits = (subject: string) => limiter.count('203.0.113.7', subject).admitted;
  expect([admits('a'), admits('b'), admits('a')]).toEqual([true, true, false]);
  nowMs += 60_000;
  expect([admits('a'), admits('b')]).toEqual([true, true]);
  expect([admits('c'), admits('b'), admits('a')]).toEqual([true, false, true]);
});

describe('the table of buckets', () => {
  it('is bounded and forgets the least recently seen network', () => {
    const limiter = limiterWith({ requests: 1, maxNetworks: 2 });
    expect(admitted(limiter, ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.3'])).toEqual([true, true, false, true]);
    expect(admitted(limiter, ['192.0.2.1', '192.0.2.2'])).toEqual([false, true]);
  });
});
