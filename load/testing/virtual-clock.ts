import type { Clock } from '../clock.js';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/**
 * A clock whose time does not pass while code runs. When all code waits in `sleep`, it jumps to the end of the shortest
 * wait.
 */
export class VirtualClock implements Clock {
  private time = 0;
  private sleepers: Sleeper[] = [];
  private scheduled = false;

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { until: this.time + ms, wake: resolve };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper);
        resolve();
      });
      this.goOn();
    });
  }

  /** Wakes the next sleeper after all promises that are ready have run. */
  private goOn() {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const next = this.sleepers.toSorted((a, b) => a.until - b.until)[0];
      if (!next) return;
      this.sleepers = this.sleepers.filter((other) => other !== next);
      this.time = Math.max(this.time, next.until);
      next.wake();
      if (this.sleepers.length > 0) this.goOn();
    });
  }
}
