/** Priorities of requests, the lowest first (docs/spec/http.md#admission). */
export const PRIORITIES = ['new', 'look', 'answer'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Multiple of the limit up to which requests of each priority are admitted. */
const SHARES: Readonly<Record<Priority, number>> = { new: 1, look: 2, answer: 4 };

/** The initial limit. A lower limit rises back to it while requests do not queue. */
export const INITIAL_LIMIT = 128;
/** The smallest limit: enough requests to use a whole core. */
export const MIN_LIMIT = 16;
/** Largest and smallest factor of one adjustment of the limit. */
const [RISE, FALL] = [1.1, 0.5];

export interface InFlightLimits {
  /** Queueing time in milliseconds above which the limit falls. 0 switches the adaptive limit off. */
  readonly delayMs: number;
  /** Largest number of requests in flight. */
  readonly max: number;
}

/**
 * Limits the number of requests in flight by the time for which requests queue. While this time is above `delayMs`, the
 * limit falls in proportion to the excess. The limit rises while requests use the whole limit without queueing.
 */
export class InFlightLimit {
  private limit: number;
  private count = 0;
  /** Largest number of requests in flight since the limit was last adjusted. */
  private peak = 0;

  constructor(private readonly limits: InFlightLimits) {
    this.limit = limits.delayMs === 0 ? limits.max : Math.min(INITIAL_LIMIT, limits.max);
  }

  get value(): number {
    return this.limit;
  }

  get inFlight(): number {
    return this.count;
  }

  /** Returns whether a request of this priority is admitted now. */
  admits(priority: Priority): boolean {
    return this.count < Math.min(this.limits.max, this.limit * SHARES[priority]);
  }

  /** Counts an admitted request. */
  enter(): void {
    this.count += 1;
    this.peak = Math.max(this.peak, this.count);
  }

  leave(): void {
    this.count -= 1;
  }

  /** Adjusts the limit to the time that requests have queued since the last adjustment, in milliseconds. */
  adjust(queuedMs: number): void {
    const { peak, limits } = this;
    this.peak = this.count;
    if (limits.delayMs === 0) return;
    if (queuedMs > limits.delayMs) {
      // With so few requests in flight, the requests do not cause the delay, so a lower limit would not help.
      if (peak < MIN_LIMIT) return;
      const fall = Math.max(FALL, limits.delayMs / queuedMs);
      this.limit = Math.max(MIN_LIMIT, Math.min(this.limit, peak) * fall);
    } else if (peak >= this.limit || this.limit < INITIAL_LIMIT) {
      this.limit = Math.min(limits.max, this.limit * RISE);
    }
  }
}
