/** How often Python is told again, when the code that runs did not listen. */
const REPEAT_INTERRUPT_MS = 100;
const INTERRUPT = 2;

/** Until when the code that runs may run. Python looks at it every few steps, so no other thread has to interrupt it. */
export class Deadline {
  private at = Number.POSITIVE_INFINITY;

  /** What Python takes for a buffer of signals: reading it looks at the clock. */
  readonly signal: Uint8Array;

  constructor() {
    this.signal = new Proxy(new Uint8Array(1), { get: () => this.look(), set: () => true });
  }

  start(ms: number): void {
    this.at = performance.now() + ms;
  }

  stop(): void {
    this.at = Number.POSITIVE_INFINITY;
  }

  /** Milliseconds that are left, never less than none. */
  left(): number {
    return Math.max(0, this.at - performance.now());
  }

  private look(): number {
    const now = performance.now();
    if (now < this.at) return 0;
    this.at = now + REPEAT_INTERRUPT_MS;
    return INTERRUPT;
  }
}
