import { describe, expect, it } from 'vitest';
import { StatementLatency } from './statement-latency.js';

/** Returns a `StatementLatency` whose clock is moved only by the statements of the test and by `wait`. */
function harness() {
  let now = 0;
  const latency = new StatementLatency(() => now);
  const wait = (ms: number) => {
    now += ms;
  };
  /** Runs statements of `ms` milliseconds each, one after another, for some seconds. */
  const run = async (ms: number, seconds: number) => {
    for (const end = now + seconds * 1000; now < end; wait(50)) await latency.measure(async () => wait(ms));
  };
  return { latency, run, wait };
}

describe('the statements of requests', () => {
  it('are slow when those of the last seconds take more than `factor` times as long as usual', async () => {
    const { latency, run } = harness();
    await run(2, 60);
    expect(latency.isSlow(2)).toBe(false);
    await run(3, 10);
    expect(latency.isSlow(2)).toBe(false);
    await run(8, 10);
    expect(latency.isSlow(2)).toBe(true);
    await run(2, 10);
    expect(latency.isSlow(2)).toBe(false);
  });

  it('that stay slow count as usual after some minutes, so that background work continues', async () => {
    const { latency, run } = harness();
    await run(2, 60);
    await run(8, 60);
    expect(latency.isSlow(2)).toBe(true);
    await run(8, 600);
    expect(latency.isSlow(2)).toBe(false);
  });

  it('are not slow without a statement in the last seconds', async () => {
    const { latency, run, wait } = harness();
    expect(latency.isSlow(1.1)).toBe(false);
    await run(2, 60);
    await run(20, 10);
    expect(latency.isSlow(2)).toBe(true);
    wait(2001);
    expect(latency.isSlow(2)).toBe(false);
  });

  it('are measured also when they fail', async () => {
    const { latency, run, wait } = harness();
    await run(2, 60);
    const failure = latency.measure(async () => {
      wait(5000);
      throw new Error('timeout');
    });
    await expect(failure).rejects.toThrow('timeout');
    expect(latency.isSlow(2)).toBe(true);
  });
});
