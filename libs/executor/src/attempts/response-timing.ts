/**
 * Number of durations kept per stage kind: enough to vary like real answers, few enough to follow changes of the load.
 */
const SAMPLES_PER_KIND = 32;

interface Clock {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/**
 * Prevents a timing attack: an answer that is refused without being judged takes as long as a wrong answer of the same
 * kind of stage (docs/security.md#accident-6).
 */
export class ResponseTiming {
  private readonly samples = new Map<string, number[]>();

  constructor(private readonly clock: Clock) {}

  /** Runs `judge`, and stores its duration if the result is a wrong answer. */
  async measure<T>(kind: string, judge: () => Promise<T>, isWrong: (result: T) => boolean): Promise<T> {
    const startedAt = this.clock.now();
    const result = await judge();
    if (isWrong(result))
      this.samples.set(kind, [this.clock.now() - startedAt, ...this.durationsOf(kind)].slice(0, SAMPLES_PER_KIND));
    return result;
  }

  /** Runs `work`, then waits until the duration of a random stored wrong answer has passed, but at most `leftMs`. */
  async pad<T>(kind: string, work: () => Promise<T>, leftMs: number): Promise<T> {
    const startedAt = this.clock.now();
    const durations = this.durationsOf(kind);
    const target = Math.min(durations[Math.floor(Math.random() * durations.length)] ?? 0, leftMs);
    const result = await work();
    const missing = target - (this.clock.now() - startedAt);
    if (missing > 0) await this.clock.wait(missing);
    return result;
  }

  private durationsOf(kind: string): readonly number[] {
    return this.samples.get(kind) ?? [];
  }
}
