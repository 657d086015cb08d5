/** Thrown while the circuit breaker is open. */
export class CircuitOpenError extends Error {}

interface CircuitBreakerOptions {
  /** Consecutive failures that open the circuit. */
  readonly failures: number;
  /** Milliseconds for which an open circuit blocks all calls, before one trial call may run. */
  readonly pauseMs: number;
}

/**
 * A circuit breaker. It opens after too many consecutive failures. While open, it lets one trial call at a time through
 * after a pause.
 */
export class CircuitBreaker {
  private failures = 0;
  private openUntil = 0;
  private isTrialRunning = false;

  /** `now` returns the time of a monotonic clock, in milliseconds. */
  constructor(
    private readonly limits: CircuitBreakerOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Returns whether `run` would make a call now, instead of throwing `CircuitOpenError`. */
  get closed(): boolean {
    return this.failures < this.limits.failures || (!this.isTrialRunning && this.now() >= this.openUntil);
  }

  /** Runs `call`. Throws `CircuitOpenError` while the circuit is open. Every error of `call` counts as a failure. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (!this.closed) throw new CircuitOpenError();
    const isTrial = this.failures >= this.limits.failures;
    if (isTrial) this.isTrialRunning = true;
    try {
      const result = await call();
      this.failures = 0;
      return result;
    } catch (error) {
      this.failures += 1;
      if (this.failures >= this.limits.failures) this.openUntil = this.now() + this.limits.pauseMs;
      throw error;
    } finally {
      if (isTrial) this.isTrialRunning = false;
    }
  }
}
