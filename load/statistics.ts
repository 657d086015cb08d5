import type { RecordableHistogram } from 'node:perf_hooks';
import { latencyHistogram, SLOT_MS, type Slot } from './recorder.js';

/** Latencies in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Returns the percentiles of a histogram, or `null` if it is empty. */
export function latenciesOf(histogram: RecordableHistogram): Latencies | null {
  if (histogram.count === 0) return null;
  const at = (percent: number) => toMs(histogram.percentile(percent));
  return {
    count: histogram.count,
    mean: toMs(histogram.mean),
    ...{ p50: at(50), p90: at(90), p95: at(95), p99: at(99), p999: at(99.9), max: toMs(histogram.max) },
  };
}

/** Returns the percentiles of each histogram. */
export const latenciesByStep = (histograms: ReadonlyMap<string, RecordableHistogram>) =>
  Object.fromEntries([...histograms].map(([label, histogram]) => [label, latenciesOf(histogram)]));

/** Returns the percentiles of all values of several histograms, or `null` if there is none. */
export function latenciesOfAll(histograms: Iterable<RecordableHistogram>): Latencies | null {
  const sum = latencyHistogram();
  for (const histogram of histograms) sum.add(histogram);
  return latenciesOf(sum);
}

const toMs = (microseconds: number) => Math.round(microseconds / 10) / 100;

/** The visits in a part of the load. */
export interface Period {
  readonly begun: number;
  readonly finished: number;
  readonly failed: number;
  /** Longest time without a finished visit, in milliseconds, in steps of a tenth of a second. */
  readonly gapMs: number;
}

/** Returns the visits that began, finished and failed between two times, in milliseconds since the start of the load. */
export function periodOf(slots: readonly Slot[], fromMs: number, toMsExclusive: number): Period {
  const part = slots.slice(Math.floor(fromMs / SLOT_MS), Math.ceil(toMsExclusive / SLOT_MS));
  const sum = (name: keyof Slot) => part.reduce((total, slot) => total + slot[name], 0);
  return { begun: sum('begun'), finished: sum('finished'), failed: sum('failed'), gapMs: longestGap(part) * SLOT_MS };
}

/** Number of consecutive quick visits after which a deployment counts as recovered. */
const QUICK_VISITS = 10;

/**
 * Returns how many milliseconds after `fromMs` the first of ten visits in a row began that all finished within
 * `quickMs`, in steps of a tenth of a second; `null` if there were none before `toMsExclusive`.
 */
export function recoveryOf(
  slots: readonly Slot[],
  { fromMs, toMsExclusive, quickMs }: { fromMs: number; toMsExclusive: number; quickMs: number },
): number | null {
  const first = Math.floor(fromMs / SLOT_MS);
  let [start, visits] = [first, 0];
  for (const [i, { begun, slowestMs }] of slots.slice(first, Math.ceil(toMsExclusive / SLOT_MS)).entries()) {
    if (slowestMs > quickMs) [start, visits] = [first + i + 1, 0];
    else visits += begun;
    if (visits >= QUICK_VISITS) return (start - first) * SLOT_MS;
  }
  return null;
}

/** Returns the longest run of slots in which no visit finished. */
function longestGap(slots: readonly Slot[]): number {
  let [longest, current] = [0, 0];
  for (const { finished } of slots) {
    current = finished > 0 ? 0 : current + 1;
    longest = Math.max(longest, current);
  }
  return longest;
}
