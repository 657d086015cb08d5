import { setTimeout as pause } from 'node:timers/promises';

interface PollLoopOptions<T> {
  /** Largest number of items that are handled at the same time. */
  readonly size: number;
  /** Milliseconds until the next poll if there was less work than free slots. */
  readonly pollMs: number;
  /** Whether to poll again as soon as an item was handled, because that may make another item due. */
  readonly pollAfterEach?: boolean;
  readonly take: (limit: number) => Promise<readonly T[]>;
  /** Handles one item. Must not reject. */
  readonly handle: (item: T) => Promise<void>;
  /** Called when `take` rejects. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Takes items and handles up to `size` of them at the same time. If a poll returns fewer items than there are free
 * slots, waits `pollMs` milliseconds. With `pollAfterEach`, waits at most until an item was handled.
 */
export class PollLoop<T> {
  readonly #active = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(private readonly options: PollLoopOptions<T>) {
    this.#stopped = this.#run();
  }

  /** Stops taking items. Resolves when all taken items were handled. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#stopped;
    await Promise.all(this.#active);
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const free = this.options.size - this.#active.size;
      const items = free > 0 ? await this.#take(free) : [];
      for (const item of items) this.#start(item);
      if (items.length < free) await this.#pause();
      else await Promise.race(this.#active);
    }
  }

  async #take(limit: number): Promise<readonly T[]> {
    try {
      return await this.options.take(limit);
    } catch (error) {
      this.options.onFault(error);
      return [];
    }
  }

  #start(item: T): void {
    const done = this.options.handle(item).finally(() => this.#active.delete(done));
    this.#active.add(done);
  }

  async #pause(): Promise<void> {
    const handled = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, handled.signal]);
    const pausing = pause(this.options.pollMs, undefined, { signal }).catch(() => undefined);
    await (this.options.pollAfterEach ? Promise.race([pausing, ...this.#active]) : pausing);
    handled.abort();
  }
}
