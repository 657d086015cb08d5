/** Milliseconds after which Python is interrupted again, because the expression may have caught the first interrupt. */
const REPEAT_INTERRUPT_MS = 100;
const INTERRUPT = 2;

/**
 * The deadline of the running expression. Python reads `signal` repeatedly, so no other thread is needed to interrupt
 * Python.
 */
export class Deadline {
  private endsAt = Number.POSITIVE_INFINITY;
  /** Whether Python was interrupted since the last `start`, even if the expression caught the interrupt. */
  wasInterrupted = false;

  /** Pyodide's interrupt buffer. Each read of it compares the clock with the deadline. */
  readonly signal: Uint8Array;

  constructor() {
    this.signal = new Proxy(new Uint8Array(1), { get: () => this.poll(), set: () => true });
  }

  start(ms: number): void {
    this.endsAt = performance.now() + ms;
    this.wasInterrupted = false;
  }

  stop(): void {
    this.endsAt = Number.POSITIVE_INFINITY;
  }

  /** Remaining milliseconds, at least 0. */
  remainingMs(): number {
    return Math.max(0, this.endsAt - performance.now());
  }

  private poll(): number {
    const now = performance.now();
    if (now < this.endsAt) return 0;
    this.endsAt = now + REPEAT_INTERRUPT_MS;
    this.wasInterrupted = true;
    return INTERRUPT;
  }
}
