import pLimit from 'p-limit';

/** Thrown at once when too much work waits already. */
export class Busy extends Error {}

/** Work that is bounded twice: how much runs, and how much may wait. What is beyond that is refused at once. */
export class Bounded {
  private readonly limit: ReturnType<typeof pLimit>;
  private readonly most: number;

  constructor(concurrency: number, queue: number) {
    this.limit = pLimit(concurrency);
    this.most = concurrency + queue;
  }

  /** Runs `task` when its turn comes. Throws Busy when the queue is full, or when `stillWanted` says no by then. */
  async run<T>(task: () => Promise<T>, stillWanted: () => boolean = () => true): Promise<T> {
    if (this.limit.activeCount + this.limit.pendingCount >= this.most) throw new Busy();
    return this.limit(() => {
      if (!stillWanted()) throw new Busy();
      return task();
    });
  }
}
