/** Answers of a kind that are remembered: enough to vary as answers do, few enough to follow the load. */
const SAMPLES_PER_KIND = 32;

interface Clock {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/**
 * How long wrong answers take, kind by kind, so that one which is not judged at all takes as long
 * (docs/security.md#accident-6).
 */
export class ResponseTiming {
  private readonly lately = new Map<string, number[]>();

  constructor(private readonly clock: Clock) {}

  /** Does `judge`, and remembers how long that took if it was wrong. */
  async note<T>(kind: string, judge: () => Promise<T>, isWrong: (outcome: T) => boolean): Promise<T> {
    const began = this.clock.now();
    const outcome = await judge();
    if (isWrong(outcome))
      this.lately.set(kind, [this.clock.now() - began, ...this.of(kind)].slice(0, SAMPLES_PER_KIND));
    return outcome;
  }

  /** Does `work` in no less time than one of the last wrong answers of the kind took; at most `leftMs`. */
  async keep<T>(kind: string, work: () => Promise<T>, leftMs: number): Promise<T> {
    const began = this.clock.now();
    const times = this.of(kind);
    const wanted = Math.min(times[Math.floor(Math.random() * times.length)] ?? 0, leftMs);
    const outcome = await work();
    const missing = wanted - (this.clock.now() - began);
    if (missing > 0) await this.clock.wait(missing);
    return outcome;
  }

  private of(kind: string): readonly number[] {
    return this.lately.get(kind) ?? [];
  }
}
