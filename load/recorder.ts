import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Width of the time slots in which begun, finished and failed visits are counted, in milliseconds. */
export const SLOT_MS = 100;
/** Largest number of different reasons that are counted separately. */
const MAX_REASONS = 50;
/** Latencies are recorded in microseconds, up to one hour, with three significant digits. */
const HISTOGRAM = { lowest: 1, highest: 3_600_000_000, figures: 3 };

/** Creates a histogram of latencies in microseconds (HDR, of Node). */
export const latencyHistogram = (): RecordableHistogram => createHistogram(HISTOGRAM);

/** Records a latency in milliseconds. */
export function recordMs(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.min(HISTOGRAM.highest, Math.max(HISTOGRAM.lowest, Math.round(ms * 1000))));
}

/** The counts of one time slot. */
export interface Slot {
  begun: number;
  finished: number;
  failed: number;
  /**
   * Latency in milliseconds of the slowest visit that began in the slot. Infinity if a visit that began in the slot
   * failed.
   */
  slowestMs: number;
}

/** The measurements of one or several load generators. A recording can be sent between threads. */
export interface Recording {
  begun: number;
  finished: number;
  failed: number;
  /** Visitors who could not be served because too many visits were running. */
  turnedAway: number;
  startedOver: number;
  requests: number;
  retried: number;
  maxInFlight: number;
  /** Visits that began after the ramp: how many began, failed, and finished before the end of the load. */
  measuredBegun: number;
  measuredFailed: number;
  finishedInTime: number;
  /** Latency of visits that began after the ramp, without think times. */
  readonly visits: RecordableHistogram;
  /** Latency of responses by step. */
  readonly steps: Map<string, RecordableHistogram>;
  /** Latency of refusals by step, without requests that had no response. */
  readonly refusals: Map<string, RecordableHistogram>;
  /** Delay between the time at which requests were due and the time at which they were sent. */
  readonly lateness: RecordableHistogram;
  readonly failures: Map<string, number>;
  /** Number of refusals by status. 0 means no response. */
  readonly refused: Map<number, number>;
  readonly slots: Slot[];
}

/** Returns a recording without visits. */
export const emptyRecording = (): Recording => ({
  ...{ begun: 0, finished: 0, failed: 0, turnedAway: 0, startedOver: 0, requests: 0, retried: 0, maxInFlight: 0 },
  ...{ measuredBegun: 0, measuredFailed: 0, finishedInTime: 0 },
  ...{ visits: latencyHistogram(), lateness: latencyHistogram() },
  ...{ steps: new Map(), refusals: new Map(), failures: new Map(), refused: new Map(), slots: [] },
});

const COUNTS = [
  ...(['begun', 'finished', 'failed', 'turnedAway', 'startedOver', 'requests', 'retried', 'maxInFlight'] as const),
  ...(['measuredBegun', 'measuredFailed', 'finishedInTime'] as const),
] as const;

/** Adds `part` to `total`. */
export function addRecording(total: Recording, part: Recording): void {
  for (const name of COUNTS) total[name] += part[name];
  for (const name of ['visits', 'lateness'] as const) total[name].add(part[name]);
  for (const name of ['steps', 'refusals'] as const)
    for (const [label, histogram] of part[name]) histogramOf(total[name], label).add(histogram);
  for (const [reason, count] of part.failures) countReason(total.failures, reason, count);
  for (const [status, count] of part.refused) total.refused.set(status, (total.refused.get(status) ?? 0) + count);
  for (const [i, slot] of part.slots.entries()) {
    const sum = slotAt(total.slots, i);
    for (const name of ['begun', 'finished', 'failed'] as const) sum[name] += slot[name];
    sum.slowestMs = Math.max(sum.slowestMs, slot.slowestMs);
  }
}

/** Returns the histogram of a step. Creates it if it does not exist yet. */
export function histogramOf(histograms: Map<string, RecordableHistogram>, label: string): RecordableHistogram {
  const found = histograms.get(label);
  if (found) return found;
  const created = latencyHistogram();
  histograms.set(label, created);
  return created;
}

/** Counts a reason. When too many different reasons are counted, counts further reasons as `other`. */
export function countReason(reasons: Map<string, number>, reason: string, count = 1): void {
  const known = reasons.has(reason) || reasons.size < MAX_REASONS ? reason : 'other';
  reasons.set(known, (reasons.get(known) ?? 0) + count);
}

/** Returns the slot with this number. Creates it, and all slots before it, if they do not exist yet. */
export function slotAt(slots: Slot[], number: number): Slot {
  while (slots.length <= number) slots.push({ begun: 0, finished: 0, failed: 0, slowestMs: 0 });
  return slots[number]!;
}
