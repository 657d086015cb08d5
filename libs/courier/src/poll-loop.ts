import { setTimeout as pause } from 'node:timers/promises';

interface PollLoopOptions<T> {
  /** Pieces of work that are done at a time. */
  readonly size: number;
  /** Milliseconds until there may be more, after there was none. */
  readonly pollMs: number;
  readonly take: (most: number) => Promise<readonly T[]>;
  /** Never fails: what goes wrong with a piece is its own affair. */
  readonly handle: (piece: T) => Promise<void>;
  /** Called when there is nothing to be had because taking failed. */
  readonly onFault: (error: unknown) => void;
}

/** Takes work as fast as it is done, and looks for more from time to time when there is none. */
export class PollLoop<T> {
  readonly #active = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #over: Promise<void>;

  constructor(private readonly work: PollLoopOptions<T>) {
    this.#over = this.#run();
  }

  /** Takes no more; resolves when what was taken is done. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#over;
    await Promise.all(this.#active);
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const free = this.work.size - this.#active.size;
      const taken = free > 0 ? await this.#take(free) : [];
      for (const piece of taken) this.#begin(piece);
      if (taken.length < free) await this.#pause();
      else await Promise.race(this.#active);
    }
  }

  async #take(most: number): Promise<readonly T[]> {
    try {
      return await this.work.take(most);
    } catch (error) {
      this.work.onFault(error);
      return [];
    }
  }

  #begin(piece: T): void {
    const done = this.work.handle(piece).finally(() => this.#active.delete(done));
    this.#active.add(done);
  }

  async #pause(): Promise<void> {
    await pause(this.work.pollMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}
