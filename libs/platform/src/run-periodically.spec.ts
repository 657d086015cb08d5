import { expect, it, onTestFinished, vi } from 'vitest';
import { Logger } from './logger.js';
import { runPeriodically } from './run-periodically.js';

it('a periodic task runs again after a failure, until the returned function is called', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let runs = 0;
  const task = async () => {
    runs += 1;
    throw new Error('no database');
  };
  const stop = runPeriodically(60, task, new Logger('silent'));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(runs).toBe(2);
  stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(runs).toBe(2);
});
