import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { KillResult } from './kills.js';
import type { RunOptions } from './options.js';
import type { PostgresFigures } from './postgres-figures.js';
import type { Recording } from './recorder.js';
import {
  type Latencies,
  latenciesByStep,
  latenciesOf,
  latenciesOfAll,
  type Period,
  periodOf,
  recoveryOf,
} from './statistics.js';
import type { StageResult } from './worker-pool.js';

/** Lateness (99th percentile, milliseconds) from which the load generator itself distorts the figures. */
const LATE_MS = 20;
/** A visit is as quick as usual if its latency is at most this multiple of the load's median. */
export const QUICK_FACTOR = 3;
/** Utilisation of a thread or machine from which the load generator counts as a bottleneck. */
const BUSY = 0.8;

/** The report of a load. A figure that is not known is `null`. */
export interface LoadResult extends VisitFigures {
  readonly date: string;
  readonly url: string;
  readonly scenario: string;
  readonly model: string;
  readonly offeredPerSecond: number | null;
  readonly visitors: number | null;
  readonly durationS: number;
  readonly rampS: number;
  readonly accounts: number;
  readonly errorRate: number | null;
  readonly goodputPerSecond: number | null;
  readonly gapMs: number;
  readonly kills: readonly (KillResult & { readonly after: Period; readonly recoveredAfterMs: number | null })[];
  readonly generator: GeneratorFigures;
  readonly postgres: PostgresReport | null;
  /** What the operator has noted about the measured system, such as its hardware. Not measured. */
  readonly notes: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Counts and latencies of the visits of a load. */
export interface VisitFigures {
  readonly begun: number;
  readonly finished: number;
  readonly failed: number;
  readonly turnedAway: number;
  readonly visitMs: Latencies | null;
  readonly stepsMs: Readonly<Record<string, Latencies | null>>;
  readonly requests: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly refusalMs: Latencies | null;
  readonly refusedStepsMs: Readonly<Record<string, Latencies | null>>;
  readonly retried: number;
  readonly startedOver: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly maxInFlight: number;
}

/** Returns the counts and latencies of the visits of a load. */
export function visitFigures(recording: Recording): VisitFigures {
  const { begun, finished, failed, turnedAway, requests, retried, startedOver, maxInFlight } = recording;
  return {
    ...{ begun, finished, failed, turnedAway, requests, retried, startedOver, maxInFlight },
    visitMs: latenciesOf(recording.visits),
    stepsMs: latenciesByStep(recording.steps),
    refused: namedStatuses(recording.refused),
    refusalMs: latenciesOfAll(recording.refusals.values()),
    refusedStepsMs: latenciesByStep(recording.refusals),
    failures: Object.fromEntries(recording.failures),
  };
}

interface GeneratorFigures {
  readonly version: string;
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly threads: number;
  /** Cores that the load generator used on average. */
  readonly coresUsed: number;
  readonly busiestThread: number;
  readonly lateMs: Latencies | null;
}

/** The figures of Postgres, also per hundred finished visits. */
export interface PostgresReport extends PostgresFigures {
  /** Seconds of CPU time for 100 visits, which is the number of cores for 100 visits a second. */
  readonly coresPer100PerSecond: number | null;
  readonly iopsPer100PerSecond: number | null;
  readonly walKiBPerVisit: number | null;
  readonly commitsPerVisit: number | null;
}

/** The figures and options from which `loadResult` makes a report. */
export interface Measured {
  readonly options: RunOptions;
  readonly version: string;
  readonly result: StageResult;
  readonly kills: readonly KillResult[];
  readonly postgres: PostgresFigures | undefined;
}

/** Returns the report of a load. */
export function loadResult({ options, version, result, kills, postgres }: Measured): LoadResult {
  const { recording } = result;
  const measuredS = Math.max(0, Math.min(options.duration, result.elapsedMs) - options.ramp) / 1000;
  const generator = generatorFigures(options, result, version);
  const loadEnd = Math.min(options.duration, result.elapsedMs);
  return {
    date: new Date(result.startedAt).toISOString(),
    ...settingsOf({ ...options, duration: loadEnd }),
    ...visitFigures(recording),
    errorRate: ratio(recording.measuredFailed, recording.measuredBegun),
    goodputPerSecond: ratio(recording.finishedInTime, measuredS),
    gapMs: periodOf(recording.slots, 0, loadEnd).gapMs,
    kills: killsWithPeriods(kills, result, loadEnd),
    generator,
    postgres: postgres ? postgresReport(postgres, recording.finished) : null,
    notes: notesOf(options.note),
    warnings: warningsOf(generator, recording.failures),
  };
}

function settingsOf({ url, scenario, rate, pattern, visitors, duration, ramp, users }: RunOptions) {
  const model = visitors === undefined ? `open, ${pattern}` : 'closed';
  const offeredPerSecond = visitors === undefined ? (rate ?? null) : null;
  const times = { durationS: duration / 1000, rampS: ramp / 1000 };
  return { url, scenario, model, offeredPerSecond, visitors: visitors ?? null, ...times, accounts: users };
}

function generatorFigures({ workers }: RunOptions, result: StageResult, version: string): GeneratorFigures {
  return {
    ...{ version, node: process.version, os: `${type()} ${release()}`, cpu: cpus()[0]?.model ?? 'unknown' },
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    threads: workers,
    coresUsed: round(result.cpuS / (result.elapsedMs / 1000)),
    busiestThread: round(result.busiest),
    lateMs: latenciesOf(result.recording.lateness),
  };
}

function killsWithPeriods(kills: readonly KillResult[], { recording }: StageResult, loadEnd: number) {
  const quickMs = QUICK_FACTOR * (latenciesOf(recording.visits)?.p50 ?? 0);
  return [...kills]
    .sort((a, b) => a.beganAt - b.beganAt)
    .map((kill, i, sorted) => {
      const [fromMs, toMsExclusive] = [kill.beganAt, sorted[i + 1]?.beganAt ?? loadEnd];
      return {
        ...kill,
        after: periodOf(recording.slots, fromMs, toMsExclusive),
        recoveredAfterMs: recoveryOf(recording.slots, { fromMs, toMsExclusive, quickMs }),
      };
    });
}

function postgresReport(figures: PostgresFigures, finished: number): PostgresReport {
  const { cpuS, reads, writes, syncs, walBytes, commits } = figures;
  const per = (value: number | null, visits: number) => (value === null ? null : ratio(value * visits, finished));
  const ios = reads === null || writes === null || syncs === null ? null : reads + writes + syncs;
  return {
    ...figures,
    coresPer100PerSecond: per(cpuS, 100),
    iopsPer100PerSecond: per(ios, 100),
    walKiBPerVisit: walBytes === null ? null : ratio(walBytes / 1024, finished),
    commitsPerVisit: per(commits, 1),
  };
}

function warningsOf(
  { lateMs, busiestThread, coresUsed, cores }: GeneratorFigures,
  failures: ReadonlyMap<string, number>,
) {
  const warnings: string[] = [];
  if (lateMs && lateMs.p99 > LATE_MS)
    warnings.push(
      `The load generator sent 1 % of the requests more than ${lateMs.p99} ms late, and latencies include this time. It is the bottleneck, or shares its machine with one: give it more --workers or a machine of its own.`,
    );
  if (busiestThread > BUSY)
    warnings.push(
      `A thread of the load generator was busy for ${Math.round(busiestThread * 100)} % of the time: use more --workers.`,
    );
  if (coresUsed > cores * BUSY)
    warnings.push(`The load generator used ${coresUsed} of ${cores} cores: use a larger machine.`);
  const withoutCode = [...failures]
    .filter(([reason]) => reason.startsWith('no unused'))
    .reduce((n, [, count]) => n + count, 0);
  if (withoutCode > 0)
    warnings.push(`${withoutCode} visits failed because accounts had no unused code: use more --users.`);
  return warnings;
}

const namedStatuses = (refused: ReadonlyMap<number, number>) =>
  Object.fromEntries([...refused].map(([status, count]) => [status === 0 ? 'no response' : String(status), count]));

const notesOf = (notes: readonly string[]) =>
  Object.fromEntries(
    notes.map((note) => [note.split('=', 1)[0], note.slice(note.indexOf('=') + 1)] as [string, string]),
  );

const round = (value: number) => Math.round(value * 1000) / 1000;

/** Returns a quotient, or `null` if the divisor is 0. */
const ratio = (value: number, divisor: number) => (divisor > 0 ? round(value / divisor) : null);
