/** Seconds over which the present and the usual duration are averaged. */
const PRESENT_S = 2;
const USUAL_S = 600;

/** An exponentially decaying mean: the weight of a value falls by 1/e in `periodS` seconds. */
class DecayingMean {
  value: number | undefined;
  private updatedAt = 0;

  constructor(private readonly periodS: number) {}

  add(value: number, now: number): void {
    const weight = this.value === undefined ? 1 : 1 - Math.exp((this.updatedAt - now) / 1000 / this.periodS);
    this.value = (this.value ?? 0) + weight * (value - (this.value ?? 0));
    this.updatedAt = now;
  }
}

/**
 * Compares the present duration of the statements that requests wait for with their usual duration. Background work
 * waits while the present duration is much longer.
 */
export class StatementLatency {
  private readonly present = new DecayingMean(PRESENT_S);
  private readonly usual = new DecayingMean(USUAL_S);
  private lastAt = Number.NEGATIVE_INFINITY;

  /** `now` returns the current time in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Measures a statement, also one that fails. */
  async measure<T>(statement: () => Promise<T>): Promise<T> {
    const startedAt = this.now();
    try {
      return await statement();
    } finally {
      this.add(this.now() - startedAt);
    }
  }

  /**
   * Returns whether statements take more than `factor` times as long as usual. Returns false without a statement in the
   * last seconds, because then no request waits. The usual duration follows the present one, so that a lasting load
   * becomes usual after some minutes.
   */
  isSlow(factor: number): boolean {
    if (this.now() - this.lastAt > PRESENT_S * 1000) return false;
    return (this.present.value ?? 0) > factor * (this.usual.value ?? 0);
  }

  private add(ms: number) {
    const now = this.now();
    this.present.add(ms, now);
    this.usual.add(ms, now);
    this.lastAt = now;
  }
}
