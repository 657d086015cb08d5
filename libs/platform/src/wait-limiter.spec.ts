import { describe, expect, it } from 'vitest';
import { BusyError } from './concurrency-limiter.js';
import { WaitLimiter, type WaitLimits } from './wait-limiter.js';

/** Returns a limiter with a fake clock, a function that starts a task, and one that moves the clock and ends a task. */
function limiterWith(limits: Omit<WaitLimits, 'work'>) {
  let nowMs = 0;
  const ends: (() => void)[] = [];
  const limiter = new WaitLimiter({ ...limits, work: 'password' }, () => nowMs);
  const start = () => limiter.run(() => new Promise<void>((resolve) => ends.push(resolve)));
  /** Moves the clock by `ms` milliseconds, and then ends the oldest running task. */
  const endAfter = async (ms: number) => {
    await settled();
    nowMs += ms;
    ends.shift()?.();
    await settled();
  };
  return { limiter, start, endAfter };
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a wait limiter', () => {
  it('runs tasks while the expected wait is within the limit, and refuses the next one with that wait', async () => {
    const { limiter, start } = limiterWith({ concurrency: 1, maxWaitMs: 1200, assumedTaskMs: 600 });
    const admitted = [start(), start(), start()];
    expect(limiter.expectedWaitMs).toBe(1800);
    await expect(start()).rejects.toEqual(expect.objectContaining({ retryAfterS: 2 }));
    await expect(start()).rejects.toBeInstanceOf(BusyError);
    expect(await Promise.race([Promise.allSettled(admitted), settled()])).toBeUndefined();
  });

  it('divides the expected wait by the concurrency, and expects no wait while a slot is free', () => {
    const { limiter, start } = limiterWith({ concurrency: 4, maxWaitMs: 1000, assumedTaskMs: 100 });
    const waits = Array.from({ length: 6 }, () => {
      const wait = limiter.expectedWaitMs;
      void start();
      return wait;
    });
    expect(waits).toEqual([0, 0, 0, 0, 25, 50]);
  });

  it('starts a task for which a slot is free, even if each task takes longer than the limit', async () => {
    const { limiter } = limiterWith({ concurrency: 1, maxWaitMs: 1, assumedTaskMs: 500 });
    expect(await limiter.run(async () => 'done')).toBe('done');
  });

  it('expects shorter waits after quick tasks and longer waits after slow tasks', async () => {
    const { limiter, start, endAfter } = limiterWith({ concurrency: 1, maxWaitMs: 1000, assumedTaskMs: 100 });
    void start();
    await endAfter(200);
    void start();
    expect(limiter.expectedWaitMs).toBeCloseTo(110);
    for (let i = 0; i < 60; i++) {
      await endAfter(10);
      void start();
    }
    expect(limiter.expectedWaitMs).toBeCloseTo(10, 0);
  });

  it('ignores the duration of a task that failed', async () => {
    const { limiter } = limiterWith({ concurrency: 1, maxWaitMs: 1000, assumedTaskMs: 100 });
    await expect(limiter.run(() => Promise.reject(new BusyError()))).rejects.toBeInstanceOf(BusyError);
    const running = limiter.run(settled);
    expect(limiter.expectedWaitMs).toBe(100);
    await running;
  });
});
