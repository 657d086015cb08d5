import { beforeEach, describe, expect, it } from 'vitest';
import { NetworkRateLimiter } from './network-rate-limiter.js';

let nowMs: number;
const ratesOf = (rate: Partial<ConstructorParameters<typeof NetworkRateLimiter>[0]> = {}) =>
  new NetworkRateLimiter({ requests: 3, periodS: 1, maxNetworks: 100, ...rate }, () => nowMs);
beforeEach(() => {
  nowMs = 5_000_000;
});

const admitted = (rates: NetworkRateLimiter, ips: readonly string[]) => ips.map((ip) => rates.count(ip).admitted);
const times = (count: number, ip: string) => Array.from({ length: count }, () => ip);

describe('a network', () => {
  it('may come as often as the rate says, and then as time passes', () => {
    const rates = ratesOf();
    expect(admitted(rates, times(4, '203.0.113.7'))).toEqual([true, true, true, false]);
    nowMs += 334;
    expect(admitted(rates, times(2, '203.0.113.7'))).toEqual([true, false]);
    nowMs += 3_600_000;
    expect(admitted(rates, times(4, '203.0.113.7'))).toEqual([true, true, true, false]);
  });

  it('is told what is left, when it may come again, and when as often as ever', () => {
    const rates = ratesOf({ requests: 2, periodS: 60 });
    expect(rates.count('203.0.113.7')).toEqual({ admitted: true, remaining: 1, fullInS: 30, nextInS: 0 });
    expect(rates.count('203.0.113.7')).toEqual({ admitted: true, remaining: 0, fullInS: 60, nextInS: 30 });
    nowMs += 10_000;
    const refused = rates.count('203.0.113.7');
    expect(refused.admitted).toBe(false);
    expect(refused.nextInS).toBeCloseTo(20);
    expect(refused.fullInS).toBeCloseTo(50);
  });

  it('does not pay for being refused', () => {
    const rates = ratesOf({ requests: 1, periodS: 1 });
    expect(admitted(rates, times(50, '203.0.113.7')).filter(Boolean)).toHaveLength(1);
    nowMs += 1000;
    expect(rates.count('203.0.113.7').admitted).toBe(true);
  });

  it('is one IPv4 address, however it is spelt, and does not answer for its neighbour', () => {
    const rates = ratesOf({ requests: 1 });
    expect(admitted(rates, ['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107', '203.0.113.8'])).toEqual([
      ...[true, false, false, true],
    ]);
  });

  it('is a whole /64 of IPv6: a thousand addresses of one are one client (accident 50)', () => {
    const rates = ratesOf({ requests: 10 });
    const addresses = Array.from({ length: 1000 }, (_, i) => `2001:db8:0:1:${i.toString(16)}::${i.toString(16)}`);
    expect(admitted(rates, addresses).filter(Boolean)).toHaveLength(10);
    expect(rates.count('2001:db8:0:2::1').admitted).toBe(true);
  });
});

describe('the table', () => {
  it('is bounded: the network that was away longest starts afresh', () => {
    const rates = ratesOf({ requests: 1, maxNetworks: 2 });
    expect(admitted(rates, ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.3'])).toEqual([true, true, false, true]);
    expect(admitted(rates, ['192.0.2.1', '192.0.2.2'])).toEqual([false, true]);
  });
});
