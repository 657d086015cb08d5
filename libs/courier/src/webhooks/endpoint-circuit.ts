interface CircuitOptions {
  /** Number of consecutive failures that open the circuit. */
  readonly failures: number;
  /** Seconds for which the circuit stays open the first time. */
  readonly pauseS: number;
  /**
   * Largest number of seconds for which the circuit stays open. Each failed trial doubles the time up to this number.
   */
  readonly pauseMaxS: number;
}

/**
 * The circuit breaker of a webhook endpoint. It limits how many deliveries are leased: any number while it is closed,
 * none while it is open, and one, as a trial, after the pause. A delivery that is not leased uses up no try.
 */
export class EndpointCircuit {
  private failures = 0;
  private openings = 0;
  /** Time until which the circuit stays open, in milliseconds by `now`; 0 if it is closed. */
  private openUntil = 0;
  private isTrialRunning = false;
  private isGone = false;

  /** `now` returns the milliseconds of a monotonic clock. */
  constructor(
    private readonly options: CircuitOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isOpen(): boolean {
    return this.isGone || this.openUntil > 0;
  }

  /**
   * Returns how many deliveries may start now, at most `limit`. After a pause it is one, as a trial. The caller must
   * then call `succeeded`, `failed` or `skipTrial`.
   */
  admit(limit: number): number {
    if (this.isGone || this.isTrialRunning || this.now() < this.openUntil) return 0;
    if (this.openUntil === 0 || limit === 0) return limit;
    this.isTrialRunning = true;
    return 1;
  }

  /** Ends a trial without a result, because there was no delivery to try. */
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
   * Counts a failure. If it has opened the circuit or prolonged the pause, returns the milliseconds of the pause;
   * otherwise `undefined`. With `retryAfterS`, the pause is at least this number of seconds.
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

  /** Opens the circuit forever, because the endpoint wants no more events. */
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
