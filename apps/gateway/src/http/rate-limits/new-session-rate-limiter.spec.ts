import { expect, it } from 'vitest';
import { scrape } from '../../../../../test/support/metrics.js';
import { NewSessionRateLimiter } from './new-session-rate-limiter.js';

const limiterOf = (rate: number) =>
  new NewSessionRateLimiter({ NEW_SESSION_RATE: rate, NEW_SESSION_RATE_PERIOD_S: 3600 });
const visitor = (ip: string) => ({ ip, outpost: false });
const refused = expect.objectContaining({ code: 'rate_limited' });

it('the new sessions of a network are limited, and the refusal says after how many seconds to retry', () => {
  const limiter = limiterOf(2);
  for (const ip of ['2001:db8::1', '2001:db8::2', '203.0.113.7']) limiter.admit(visitor(ip));
  expect(() => limiter.admit(visitor('2001:db8::3'))).toThrow(refused);
  expect(() => limiter.admit(visitor('2001:db8::4'))).toThrow(
    expect.objectContaining({ retryAfterS: expect.closeTo(1800, -1) }),
  );
});

it('refused new sessions are counted in the metric', async () => {
  const refusals = async () => (await scrape('gatehouse_rate_limited_total{limit="new_session"}')) ?? 0;
  const before = await refusals();
  const limiter = limiterOf(1);
  limiter.admit(visitor('203.0.113.7'));
  expect(await refusals()).toBe(before);
  expect(() => limiter.admit(visitor('203.0.113.7'))).toThrow(refused);
  expect(await refusals()).toBe(before + 1);
});

it('outposts are not limited, and no network is if the rate is 0', () => {
  const limiter = limiterOf(1);
  limiter.admit(visitor('203.0.113.7'));
  expect(() => limiter.admit({ ip: '203.0.113.7', outpost: true })).not.toThrow();
  const unlimited = limiterOf(0);
  expect(() => ['203.0.113.7', '203.0.113.7'].forEach((ip) => unlimited.admit(visitor(ip)))).not.toThrow();
});
