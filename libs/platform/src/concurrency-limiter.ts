import pLimit from 'p-limit';

/** Thrown at once when too much work waits already. */
export class BusyError extends Error {}

/** Work that is bounded twice: how much runs, and how much may wait. What is beyond that is refused at once. */
export class ConcurrencyLimiter {
  private readonly limit: ReturnType<typeof pLimit>;
  private readonly most: number;

  constructor(concurrency: number, queue: number) {
    this.limit = pLimit(concurrency);
    this.most = concurrency + queue;
  }

  /** Runs `task` when its turn comes. Throws Busy when the queue is full, or when `stillWanted` says no by then. */
  async run<T>(task: () => Promise<T>, stillWanted: () => boolean = () => true): Promise<T> {
    if (this.limit.activeCount + this.limit.pendingCount >= this.most) throw new BusyError();
    return this.limit(() => {
      if (!stillWanted()) throw new BusyError();
      return task();
    });
  }
}
