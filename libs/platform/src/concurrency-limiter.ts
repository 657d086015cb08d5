import pLimit from 'p-limit';

/**
 * Thrown when a task cannot run now, for example because the queue of a limiter is full. A stage that throws it replies
 * `stage_busy`.
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

/** Limits how many tasks run at the same time and how many wait. A further task fails with BusyError immediately. */
export class ConcurrencyLimiter {
  private readonly limit: ReturnType<typeof pLimit>;
  private readonly capacity: number;

  constructor(concurrency: number, queue: number) {
    this.limit = pLimit(concurrency);
    this.capacity = concurrency + queue;
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
    if (this.size >= this.capacity) throw new BusyError();
    return this.limit(() => {
      if (!isStillNeeded()) throw new BusyError();
      return task();
    });
  }
}
