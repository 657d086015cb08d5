import { ConcurrencyLimiter } from './concurrency-limiter.js';
import type { Work } from './work.metrics.js';

export interface WaitLimits {
  /** Number of tasks that run at the same time. */
  readonly concurrency: number;
  /**
   * Longest expected wait in milliseconds. A task with a longer expected wait is refused. A task that can start at once
   * does not wait.
   */
  readonly maxWaitMs: number;
  /** Assumed duration of a task in milliseconds, until the first task has ended. */
  readonly assumedTaskMs: number;
  /** The kind of the tasks, for metrics. */
  readonly work: Work;
}

/**
 * Weight of the newest duration in the moving average. After ten tasks, two thirds of the average come from measured
 * durations, one third from the assumed one.
 */
const NEWEST = 0.1;

/**
 * Limits how many tasks run at the same time, and how long a task is expected to wait. The expected wait is the number
 * of tasks that must end first, times the moving average of their durations, divided by the concurrency.
 */
export class WaitLimiter {
  private readonly limiter: ConcurrencyLimiter;
  private taskMs: number;

  constructor(
    private readonly limits: WaitLimits,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.limiter = new ConcurrencyLimiter(limits.concurrency, Number.POSITIVE_INFINITY, limits.work);
    this.taskMs = limits.assumedTaskMs;
  }

  /** The expected wait of the next task, in milliseconds. */
  get expectedWaitMs(): number {
    const { concurrency } = this.limits;
    const before = Math.max(0, this.limiter.size + 1 - concurrency);
    return (before * this.taskMs) / concurrency;
  }

  /**
   * Runs `task` as soon as a slot is free. Throws BusyError with the expected wait if that is above the limit. Also
   * throws BusyError if `isStillNeeded` returns false once the slot is free.
   */
  async run<T>(task: () => Promise<T>, isStillNeeded?: () => boolean): Promise<T> {
    const waitMs = this.expectedWaitMs;
    if (waitMs > this.limits.maxWaitMs) throw this.limiter.refuse(Math.ceil(waitMs / 1000));
    return this.limiter.run(() => this.measure(task), isStillNeeded);
  }

  private async measure<T>(task: () => Promise<T>): Promise<T> {
    const startedAt = this.now();
    const result = await task();
    // Only successful tasks count, because a task that failed may have ended early.
    this.taskMs += NEWEST * (this.now() - startedAt - this.taskMs);
    return result;
  }
}
