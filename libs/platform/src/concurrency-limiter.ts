import pLimit from 'p-limit';
import { type Work, type WorkMetrics, workMetrics } from './work.metrics.js';

/**
 * Thrown when a task cannot run now, for example because the queue of a limiter is full. If a stage throws it, its
 * reply is the problem `stage_busy`.
 */
export class BusyError extends Error {
  /** `retryAfterS` is the number of whole seconds after which a caller should try again. */
  constructor(
    message?: string,
    readonly retryAfterS = 1,
  ) {
    super(message);
  }
}

/**
 * Limits how many tasks run and how many wait at the same time. A task beyond both limits fails with BusyError at once.
 */
export class ConcurrencyLimiter {
  private readonly limit: ReturnType<typeof pLimit>;
  private readonly capacity: number;
  private readonly metrics: WorkMetrics;

  /**
   * `concurrency` is the number of tasks that run, `queue` the number of tasks that wait. `work` names the tasks in
   * metrics.
   */
  constructor(concurrency: number, queue: number, work: Work) {
    this.limit = pLimit(concurrency);
    this.capacity = concurrency + queue;
    this.metrics = workMetrics(work);
  }

  /** Number of tasks that run or wait. */
  get size(): number {
    return this.limit.activeCount + this.limit.pendingCount;
  }

  /**
   * Runs `task` as soon as a slot is free. Throws BusyError when the queue is full, or when `isStillNeeded` returns
   * false once the slot is free.
   */
  async run<T>(task: () => Promise<T>, isStillNeeded: () => boolean = () => true): Promise<T> {
    if (this.size >= this.capacity) throw this.refuse();
    this.metrics.queued.inc();
    return this.limit(() => {
      this.metrics.queued.dec();
      if (!isStillNeeded()) throw this.refuse();
      return this.measure(task);
    });
  }

  /** Counts a refused task in metrics, and returns the error to throw. `retryAfterS` is passed to BusyError. */
  refuse(retryAfterS?: number): BusyError {
    this.metrics.refused.inc();
    return new BusyError(undefined, retryAfterS);
  }

  private async measure<T>(task: () => Promise<T>): Promise<T> {
    this.metrics.running.inc();
    try {
      return await task();
    } finally {
      this.metrics.running.dec();
    }
  }
}
