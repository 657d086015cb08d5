/** Length of the period in which lines are counted, in milliseconds. */
const WINDOW_MS = 1000;

interface Window {
  lines: number;
  suppressed: number;
  readonly endsAt: number;
}

/** Called at the end of a period with the number of lines of an event that were left out in it. */
type OnSuppressed = (event: string, lines: number) => void;

/**
 * Limits the number of lines per second for each event, so that a client whose requests are refused cannot fill the
 * disk.
 */
export class LineRateLimiter {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly linesPerSecond: number,
    private readonly onSuppressed: OnSuppressed,
  ) {}

  /** Returns whether a line of the event may be written, and counts it. */
  admits(event: string): boolean {
    const window = this.#windowOf(event);
    if (window.lines < this.linesPerSecond) {
      window.lines++;
      return true;
    }
    if (window.suppressed++ === 0)
      // The timer does not keep the process alive. If the process ends first, the number is lost.
      setTimeout(() => this.#end(event, window), window.endsAt - performance.now()).unref();
    return false;
  }

  #windowOf(event: string): Window {
    const now = performance.now();
    const current = this.#windows.get(event);
    if (current && now < current.endsAt) return current;
    if (current) this.#end(event, current);
    const window = { lines: 0, suppressed: 0, endsAt: now + WINDOW_MS };
    this.#windows.set(event, window);
    return window;
  }

  #end(event: string, window: Window): void {
    if (window.suppressed > 0) this.onSuppressed(event, window.suppressed);
    window.suppressed = 0;
    if (this.#windows.get(event) === window) this.#windows.delete(event);
  }
}
