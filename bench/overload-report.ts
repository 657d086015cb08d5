import { table } from '../load/markdown.js';

/** The figures of one kind of visits. Rates are visits a second. */
export interface OverloadRow {
  readonly name: string;
  /** Visits a second that finish in the closed model, which saturates the product. */
  readonly peak: number;
  /**
   * Visits a second that finish in the open model, when visitors arrive at the rate of the peak. `undefined` if not
   * measured.
   */
  readonly single?: number;
  /** Visits a second that begin in the overload (`offered`), and that finish (`crowded`). */
  readonly offered: number;
  readonly crowded: number;
  /** CPU time of the product for each finished visit, including refusals, divided by the same figure at the peak. */
  readonly cpuTimes?: number;
  /** Visits without a valid response. */
  readonly failed: number;
  /** Share of the visits that were refused after their first request. */
  readonly refusedLate: number;
  readonly refusalP50: number | undefined;
  readonly refusalP99: number | undefined;
  readonly finishedP99: number | undefined;
  /** Milliseconds until the product recovered. `null` if it did not recover in the phase after the overload. */
  readonly recoveryMs?: number | null;
}

/** Returns a table of the figures before, at and after an overload. */
export function overloadTable(rows: readonly OverloadRow[], pinned: boolean): string {
  const head = [
    ...[
      'visit',
      'peak, a second',
      'at 1×, of the peak',
      'arrived a second',
      'finished, of the peak',
      'CPU each, times the peak',
      'failed',
    ],
    ...['refused after its first request', 'refusals p50 ms', 'p99', 'finished visits p99 ms', 'recovery ms'],
  ];
  const body = rows.map((row) => [
    ...[row.name, row.peak.toFixed(0), ratio(row.single && row.single / row.peak), row.offered.toFixed(0)],
    ...[ratio(row.crowded / row.peak), ratio(row.cpuTimes), String(row.failed)],
    `${(row.refusedLate * 100).toFixed(1)} %`,
    ...[row.refusalP50, row.refusalP99, row.finishedP99].map(ms),
    row.recoveryMs === null ? 'not seen' : ms(row.recoveryMs),
  ]);
  const cores = pinned
    ? 'The load generator has one core, and the product with Postgres and NATS another.'
    : 'The load generator shares its cores with the product, which makes the figures worse: pinning needs two cores and taskset.';
  return `${table(head, body)}\n\n${cores}`;
}

const ratio = (value: number | undefined) => value?.toFixed(2) ?? '';
/** Returns whole milliseconds; an empty text if there is no value. */
const ms = (value: number | undefined) => value?.toFixed(0) ?? '';
