import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rememberMetrics } from '../../../test/support/metrics.js';
import { LAZY_READ_MS, lazyGauge } from './metrics.js';

let removeNewMetrics: () => void;
beforeEach(() => {
  removeNewMetrics = rememberMetrics();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  removeNewMetrics();
});

const family = { name: 'test_rows', question: 'slow', help: 'Rows', labels: { what: ['rows'] } } as const;

it('a lazy gauge whose read hangs has no values, so that the scrape does not wait for it', async () => {
  const scraped = lazyGauge(family, () => new Promise(() => undefined)).get();
  await vi.advanceTimersByTimeAsync(LAZY_READ_MS);

  expect((await scraped).values).toEqual([]);
});

it('a lazy gauge serves values that are read within the time limit, and leaves no timer behind', async () => {
  const gauge = lazyGauge(family, () => Promise.resolve([{ labels: { what: 'rows' }, value: 7 }]));

  expect((await gauge.get()).values).toMatchObject([{ value: 7, labels: { what: 'rows' } }]);
  expect(vi.getTimerCount()).toBe(0);
});
