import { table } from '../load/markdown.js';
import { type Comparison, percentiles, type RoundFigures, ratioOf, totalCpu } from './measurement.js';
import type { MemoryUse } from './memory.js';
import { areaUnderRoc } from './roc.js';

const ms = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const latencies = ({ p50, p95, p99 }: RoundFigures) => [p50, p95, p99].map(ms);
const times = (value: number) => value.toFixed(2);

/** Formats CPU time by process, such as `gateway 210 · session 90`, the largest first. */
const split = ({ cpu }: RoundFigures) =>
  [...cpu]
    .filter(([, used]) => used >= 1)
    .sort(([, a], [, b]) => b - a)
    .map(([name, used]) => `${name} ${used.toFixed(0)}`)
    .join(' · ');

/** Returns a table with a row for each variant: rate, latencies, CPU time by process, and the ratio to its baseline. */
export function solvesTable(comparison: Comparison): string {
  const { variants, measured } = comparison;
  const rows = variants.map(({ name, baseline }) => {
    const figures = measured.get(name)!;
    const total = totalCpu(figures);
    const ratio = baseline === undefined ? '' : times(ratioOf(comparison, name));
    return [name, figures.perSecond.toFixed(0), ...latencies(figures), total.toFixed(0), split(figures), ratio];
  });
  return table(['what', 'a second', 'p50 ms', 'p95', 'p99', 'CPU µs each', 'of which', 'times its baseline'], rows);
}

/** Returns a table of the rates of one and two password processes, and their CPU time for each password. */
export function scalingTable(measured: ReadonlyMap<number, RoundFigures>): string {
  const singleRate = measured.get(1)!.perSecond;
  const rows = [...measured].map(([processes, { perSecond, p50, cpu }]) => {
    const cost = ms((cpu.get('password') ?? 0) / 1000);
    return [String(processes), perSecond.toFixed(1), ms(p50), cost, times(perSecond / singleRate)];
  });
  return table(['password processes', 'a second', 'p50 ms', 'CPU ms each', 'times one'], rows);
}

/** Returns a table of identification latencies with an idle and with a saturated password service. */
export function isolationTable({ alone, crowded }: { alone: RoundFigures; crowded: RoundFigures }): string {
  const row = (name: string, figures: RoundFigures) => [name, ...latencies(figures), times(figures.p95 / alone.p95)];
  const rows = [row('idle', alone), row('saturated', crowded)];
  return table(['the password service is', 'p50 ms', 'p95', 'p99', 'p95, times idle'], rows);
}

/** Returns a table of identification latencies without and with a hanging captcha provider. */
export function hangingTable({ alone, underLoad }: { alone: RoundFigures; underLoad: RoundFigures }): string {
  const row = (name: string, figures: RoundFigures) => [name, ...latencies(figures), times(figures.p50 / alone.p50)];
  const rows = [row('is not asked', alone), row('hangs, with tokens waiting', underLoad)];
  return table(['the captcha provider', 'p50 ms', 'p95', 'p99', 'p50, times alone'], rows);
}

/** A table with its size in MiB, indexes included. */
export interface TableSize {
  readonly name: string;
  readonly mib: number;
}

/** The figures of the scenario `cleanup`. */
export interface CleanupFigures {
  /** Latencies of solves in milliseconds, in rounds without a cleanup (`without`) and with one (`during`) in turn. */
  readonly without: readonly number[];
  readonly during: readonly number[];
  readonly rows: number;
  /** Seconds of cleanup until all rows were deleted. */
  readonly seconds: number;
  readonly full: readonly TableSize[];
  readonly left: readonly TableSize[];
  /** Share of the updates of plans that changed no index, 0 to 1. */
  readonly hotShare: number;
}

/**
 * Returns a table of the latencies of solves without and with a cleanup, and a table of the sizes of the cleaned
 * tables.
 */
export function cleanupReport({ without, during, rows, seconds, full, left, hotShare }: CleanupFigures): string {
  const usual = percentiles(without)(0.95);
  const solves = Object.entries({ 'without a cleanup': without, 'during a cleanup': during }).map(
    ([name, latencies]) => {
      const at = percentiles(latencies);
      return [
        name,
        String(latencies.length),
        ...[0.5, 0.95, 0.99].map((share) => ms(at(share))),
        times(at(0.95) / usual),
      ];
    },
  );
  const sizes = full.map(({ name, mib }, i) => [name, mib.toFixed(0), left[i]!.mib.toFixed(0)]);
  return [
    `${rows} expired rows were gone after ${seconds.toFixed(0)} s of cleanup: ${(rows / seconds).toFixed(0)} a second.`,
    `Of the updates of plans, ${(hotShare * 100).toFixed(1)} % changed no index (HOT).`,
    table(['solves', 'number', 'p50 ms', 'p95', 'p99', 'p95, times without'], solves),
    table(['table with its indexes', 'MiB full', 'MiB after a vacuum'], sizes),
  ].join('\n\n');
}

/** The load of a minute, and the sizes of the tables at its end. */
export interface SizeSample {
  readonly visits: number;
  readonly tables: readonly TableSize[];
}

/** Returns a table of the sizes of tables at the end of each minute. */
export function sizesTable(samples: readonly SizeSample[]): string {
  const head = ['minute', 'flows begun and ended', ...samples[0]!.tables.map(({ name }) => `${name}, MiB`)];
  const rows = samples.map(({ visits, tables }, i) => [
    String(i + 1),
    String(visits),
    ...tables.map(({ mib }) => mib.toFixed(1)),
  ]);
  return table(head, rows);
}

/** The cost of opening a page. */
export interface Opening {
  readonly name: string;
  /** Bytes transferred. */
  readonly bytes: number;
  /** Milliseconds until the first field was usable, and until the load event. */
  readonly typeable: number;
  readonly scripted: number;
}

/** Returns a table with a row for each way to open a page. */
export function pagesTable(openings: readonly Opening[]): string {
  const rows = openings.map(({ name, bytes, typeable, scripted }) => [
    name,
    String(Math.round(bytes)),
    ms(typeable),
    ms(scripted),
  ]);
  return table(['the login page', 'bytes', 'first usable field, ms', 'loaded with its script, ms'], rows);
}

/** Whether the probed name belongs to a user. */
export type ProbeClass = 'existing' | 'unknown';

interface EnumerationFigures {
  /** Times of probes with a wrong password, in milliseconds. */
  readonly rows: readonly {
    readonly name: string;
    readonly samples: Readonly<Record<ProbeClass, readonly number[]>>;
  }[];
  /**
   * Area under the ROC curve for distinguishing users with an old hash from users with a current hash by response time.
   */
  readonly apart: number;
}

/**
 * Returns a table for each set of probes: the quartiles of the times for existing and for unknown names, and the area
 * under the ROC curve for distinguishing them.
 */
export function enumerationReport({ rows, apart }: EnumerationFigures): string {
  const quartiles = (values: readonly number[]) => [0.25, 0.5, 0.75].map(percentiles(values)).map(ms).join(' · ');
  const head = [
    'a wrong password',
    'probes each',
    'existing p25 · p50 · p75',
    'unknown p25 · p50 · p75',
    'area under ROC',
  ];
  const body = rows.map(({ name, samples: { existing, unknown } }) => [
    ...[name, String(existing.length), quartiles(existing), quartiles(unknown)],
    areaUnderRoc(existing, unknown).toFixed(3),
  ]);
  return `${table(head, body)}\n\nArea between users with an old and with a current hash: ${apart.toFixed(3)}.`;
}

/** Returns a table of the CPU time of each login, and the rate of logins that one core can process. */
export function ratesTable(logins: readonly (readonly [name: string, figures: RoundFigures])[]): string {
  const rows = logins.map(([name, figures]) => [name, inMs(totalCpu(figures)), splitInMs(figures), perCore(figures)]);
  return table(['a login', 'CPU ms each', 'of which', 'a second per vCPU'], rows);
}

const inMs = (us: number) => (us / 1000).toFixed(2);
const perCore = (figures: RoundFigures) => (1_000_000 / totalCpu(figures)).toFixed(0);
const splitInMs = ({ cpu }: RoundFigures) =>
  [...cpu]
    .filter(([, used]) => used >= 10)
    .sort(([, a], [, b]) => b - a)
    .map(([name, used]) => `${name} ${inMs(used)}`)
    .join(' · ');

const LARGE_POSTGRES = { cores: 32, utilisation: 0.7 };

/**
 * Returns a sentence with the number of logins that a Postgres with 32 cores can process, computed from its CPU time
 * for one login.
 */
export function postgresCapacity({ cpu }: RoundFigures): string {
  const { cores, utilisation } = LARGE_POSTGRES;
  const each = cpu.get('postgres') ?? Number.NaN;
  const rate = Math.floor((cores * utilisation * 1_000_000) / each);
  return `A Postgres of ${cores} cores, ${utilisation * 100} % of them used: ${cores} × ${utilisation} × 1000 / ${inMs(each)} ms = ${rate} logins a second.`;
}

/** The memory of a process after its start and after a load. */
export interface ProcessMemory {
  readonly name: string;
  readonly idle: MemoryUse;
  readonly loaded: MemoryUse;
}

/** Returns a table with a row for each process, in megabytes (10^6 bytes). */
export function memoryTable(processes: readonly ProcessMemory[]): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const rows = processes.map(({ name, idle, loaded }) => [
    name,
    ...[idle.rss, idle.pss, loaded.rss, loaded.pss, loaded.peak].map(megabytes),
  ]);
  return table(['process', 'idle RSS', 'idle PSS', 'loaded RSS', 'loaded PSS', 'peak RSS'], rows);
}

/** The CPU time of a visit in a small and in a large database. */
export interface Growth {
  readonly name: string;
  readonly small: RoundFigures;
  readonly large: RoundFigures;
}

const postgresUs = ({ cpu }: RoundFigures) => (cpu.get('postgres') ?? 0).toFixed(0);

/** Returns the ratio of the CPU time in the large database to that in the small one. */
export const growthRatio = ({ small, large }: Growth) => totalCpu(large) / totalCpu(small);

/** Returns a table with a row for each visit. */
export function growthTable(growths: readonly Growth[], bound: number): string {
  const rows = growths.map((growth) => {
    const { name, small, large } = growth;
    const cells = [small, large].map((figures) => `${totalCpu(figures).toFixed(0)} (${postgresUs(figures)})`);
    return [name, ...cells, ms(small.p50), ms(large.p50), times(growthRatio(growth)), times(bound)];
  });
  const head = [
    'what',
    'small: CPU µs each (of Postgres)',
    'large',
    'small: p50 ms',
    'large',
    'large / small',
    'bound',
  ];
  return table(head, rows);
}

/** A login of another product, or of Gatehouse. */
export interface PeerLogin {
  readonly name: string;
  readonly figures: RoundFigures;
  readonly requests: number;
  /** Transactions of Postgres for one login. */
  readonly transactions: number;
}

/** Returns a table with a row for each product. */
export function peersTable(logins: readonly PeerLogin[], hash: RoundFigures): string {
  const rows = logins.map(({ name, figures, requests, transactions }) => [
    ...[name, String(requests), transactions.toFixed(1), inMs(totalCpu(figures)), splitInMs(figures)],
    ...[inMs(totalCpu(figures) - totalCpu(hash)), perCore(figures), ms(figures.p50)],
  ]);
  const head = ['a login by', 'requests', 'transactions', 'CPU ms each', 'of which', 'beside its hash'];
  return table([...head, 'a second per vCPU', 'p50 ms'], rows);
}

/** A ratio with its bound. */
export interface BoundedRatio {
  readonly name: string;
  readonly ratio: number;
  readonly bound: number;
}

export const isWithinBound = ({ ratio, bound }: BoundedRatio) => ratio <= bound;

/** Returns a table with a row for each ratio, and whether it is within its bound. */
export function gateTable(ratios: readonly BoundedRatio[]): string {
  const rows = ratios.map((each) => [
    each.name,
    times(each.ratio),
    times(each.bound),
    isWithinBound(each) ? 'pass' : 'FAIL',
  ]);
  return table(['what', 'times its baseline', 'bound', 'result'], rows);
}
