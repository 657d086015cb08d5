import { setTimeout } from 'node:timers/promises';

/** The time of a load generator, in milliseconds from an arbitrary start. */
export interface Clock {
  now(): number;
  /**
   * Resolves after `ms` milliseconds, at most two milliseconds early and possibly much later. Also resolves when
   * `signal` is aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of the process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
};
