import { expect, it, onTestFinished, vi } from 'vitest';
import { Logger } from './logger.js';
import { runPeriodically } from './run-periodically.js';

it('goes on after a round that failed, and ends when it is told to', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let rounds = 0;
  const sweep = async () => {
    rounds += 1;
    throw new Error('no database');
  };
  const stop = runPeriodically(60, sweep, new Logger('test', 'silent'));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(rounds).toBe(2);
  stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(rounds).toBe(2);
});
