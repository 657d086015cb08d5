interface CircuitOptions {
  /** Consecutive failures that open the circuit. */
  readonly failures: number;
  /** Seconds for which the circuit is open at first. */
  readonly pauseS: number;
  /** Largest number of seconds for which it is open, after failed trials. */
  readonly pauseMaxS: number;
}

/**
 * The circuit breaker of a webhook endpoint. It limits how many deliveries are leased: all while it is closed, none while
 * it is open, and one as a trial after the pause. Deliveries that are not leased need no try and no connection.
 */
export class EndpointCircuit {
  private failures = 0;
  private openings = 0;
  /** Time until which the circuit is open; 0: it is closed. */
  private openUntil = 0;
  private isTrialRunning = false;
  private isGone = false;

  /** `now` returns the time of a monotonic clock, in milliseconds. */
  constructor(
    private readonly options: CircuitOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isOpen(): boolean {
    return this.isGone || this.openUntil > 0;
  }

  /**
   * Returns how many of `limit` deliveries may begin now. After a pause it is one, the trial; the caller must then call
   * `succeeded`, `failed` or `skipTrial`.
   */
  admit(limit: number): number {
    if (this.isGone || this.isTrialRunning || this.now() < this.openUntil) return 0;
    if (this.openUntil === 0 || limit === 0) return limit;
    this.isTrialRunning = true;
    return 1;
  }

  /** Ends a trial for which there was no delivery. */
  skipTrial(): void {
    this.isTrialRunning = false;
  }

  /** Closes the circuit. Returns whether it was open. */
  succeeded(): boolean {
    const wasOpen = this.openUntil > 0;
    this.failures = 0;
    this.openings = 0;
    this.openUntil = 0;
    this.isTrialRunning = false;
    return wasOpen;
  }

  /**
   * Counts a failure. Returns the milliseconds for which the circuit is open now; `undefined` if this failure has not
   * opened it. With `retryAfterS`, it is open at least as long.
   */
  failed(retryAfterS = 0): number | undefined {
    const before = this.openUntil;
    const mustOpen = this.isTrialRunning || (before === 0 && this.failures + 1 >= this.options.failures);
    this.failures += 1;
    this.isTrialRunning = false;
    if (mustOpen) this.openUntil = this.now() + this.nextPauseS() * 1000;
    if (retryAfterS > 0) this.openUntil = Math.max(this.openUntil, this.now() + retryAfterS * 1000);
    return this.openUntil > before ? Math.ceil(this.openUntil - this.now()) : undefined;
  }

  /** Opens the circuit for good. */
  gone(): void {
    this.isGone = true;
  }

  private nextPauseS(): number {
    const { pauseS, pauseMaxS } = this.options;
    const pause = Math.min(pauseMaxS, pauseS * 2 ** Math.min(this.openings, 30));
    this.openings += 1;
    return pause;
  }
}
