/** Thrown instead of asking somebody who does not answer. */
export class CircuitOpenError extends Error {}

interface CircuitBreakerOptions {
  /** Failures in a row after which nobody is asked. */
  readonly failures: number;
  /** Milliseconds until one is asked again, to see. */
  readonly pauseMs: number;
}

/** A circuit breaker: whoever has failed often enough is left alone for a while, then tried by one question at a time. */
export class CircuitBreaker {
  private failed = 0;
  private openUntil = 0;
  private trying = false;

  /** `now`: a clock that does not jump, in milliseconds. */
  constructor(
    private readonly limits: CircuitBreakerOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether the next question would be put to them. */
  get closed(): boolean {
    return this.failed < this.limits.failures || (!this.trying && this.now() >= this.openUntil);
  }

  /** Asks, unless they are out: then throws Out at once. What `ask` throws counts as a failure. */
  async run<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.closed) throw new CircuitOpenError();
    const isTrial = this.failed >= this.limits.failures;
    if (isTrial) this.trying = true;
    try {
      const answer = await ask();
      this.failed = 0;
      return answer;
    } catch (error) {
      this.failed += 1;
      if (this.failed >= this.limits.failures) this.openUntil = this.now() + this.limits.pauseMs;
      throw error;
    } finally {
      if (isTrial) this.trying = false;
    }
  }
}
