/** Seconds over which the current and the usual duration of statements are averaged. */
const PRESENT_S = 2;
const USUAL_S = 600;

/** A mean with exponential decay: the weight of a value falls by the factor e in `periodS` seconds. */
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
 * Compares how long the statements of requests take at present with how long they usually take. Background work pauses
 * while they are much slower than usual.
 */
export class StatementLatency {
  private readonly present = new DecayingMean(PRESENT_S);
  private readonly usual = new DecayingMean(USUAL_S);
  private lastAt = Number.NEGATIVE_INFINITY;

  /** `now` returns the current time in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Runs a statement and measures its duration, whether or not it fails. */
  async measure<T>(statement: () => Promise<T>): Promise<T> {
    const startedAt = this.now();
    try {
      return await statement();
    } finally {
      this.add(this.now() - startedAt);
    }
  }

  /**
   * Returns whether statements now take more than `factor` times as long as usual. Returns false if no statement ran in
   * the last seconds, because then no request is slowed down. The usual duration slowly adapts to the current one, so
   * isSlow returns false again after some minutes of constant load.
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
