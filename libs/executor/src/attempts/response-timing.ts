import type { StageReply } from '@gatehouse/contracts';
import { isWrongAnswer } from '../stage-result.js';

/**
 * Number of durations kept per kind of stage and `cost` in the reply: enough to vary like real answers, few enough to
 * follow changes of the load.
 */
const SAMPLES = 32;
/**
 * Largest number of pairs of kind and cost with stored durations. Beyond it, the least recently measured pair is
 * dropped.
 */
const MAX_COSTS = 256;

interface Clock {
  /** Returns milliseconds on a monotonic clock. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/**
 * Prevents a timing attack. An answer that is refused without being judged takes as long as a wrong answer that a stage
 * of the same kind has judged with the same `cost` in its reply (docs/security.md#accident-6).
 */
export class ResponseTiming {
  private readonly samples = new Map<string, readonly number[]>();

  constructor(private readonly clock: Clock) {}

  /** Runs `judge`, and stores its duration if the reply refuses the answer. */
  async measure(kind: string, judge: () => Promise<StageReply>): Promise<StageReply> {
    const startedAt = this.clock.now();
    const reply = await judge();
    if (isWrongAnswer(reply)) this.store(keyOf(kind, reply), this.clock.now() - startedAt);
    return reply;
  }

  /**
   * Runs `work`, then waits until the duration of a stored wrong answer of the same cost, chosen at random, has passed.
   * Waits at most `leftMs`.
   */
  async pad(kind: string, work: () => Promise<StageReply>, leftMs: number): Promise<StageReply> {
    const startedAt = this.clock.now();
    const reply = await work();
    const durations = this.samples.get(keyOf(kind, reply)) ?? [];
    const target = Math.min(durations[Math.floor(Math.random() * durations.length)] ?? 0, leftMs);
    const missing = target - (this.clock.now() - startedAt);
    if (missing > 0) await this.clock.wait(missing);
    return reply;
  }

  private store(key: string, duration: number): void {
    const durations = [duration, ...(this.samples.get(key) ?? [])].slice(0, SAMPLES);
    this.samples.delete(key);
    this.samples.set(key, durations);
    const [oldest] = this.samples.keys();
    if (oldest !== undefined && this.samples.size > MAX_COSTS) this.samples.delete(oldest);
  }
}

const keyOf = (kind: string, reply: StageReply) => `${kind} ${'cost' in reply ? (reply.cost ?? '') : ''}`;
