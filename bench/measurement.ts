import { cpuOf, type WatchedProcess } from './cpu.js';
import { Driver } from './driver-process.js';
import { USERS } from './scenarios/flows.js';
import type { Visit } from './visit.js';

/** An HTTP server and its processes. */
export interface MeasuredSite {
  readonly url: string;
  watched(): readonly WatchedProcess[];
  stop(): Promise<void>;
}

/** A measured setup: one row of a comparison. */
export interface Variant {
  readonly name: string;
  readonly site: MeasuredSite;
  readonly visit: Visit;
  /** Number of visits in one round. */
  readonly count: number;
  /** Number of users that the visits are distributed over. Defaults to USERS. */
  readonly users?: number;
  /** Number of flows that the users are distributed over. Defaults to 1. */
  readonly flows?: number;
  /** Is called before each round. */
  readonly prepare?: () => Promise<void>;
  /** Name of the variant that does only the minimum of the work that this variant needs. */
  readonly baseline?: string;
}

/** Variants with their figures by name. */
export interface Comparison {
  readonly variants: readonly Pick<Variant, 'name' | 'baseline'>[];
  readonly measured: ReadonlyMap<string, RoundFigures>;
}

/** The figures of one round of a variant. */
export interface RoundFigures {
  readonly perSecond: number;
  /** Latency of one visit in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** CPU time of one visit in microseconds, by process. */
  readonly cpu: ReadonlyMap<string, number>;
}

/**
 * Runs one round of a variant with its own load generator. `shared` lists the processes that other variants use too.
 */
export async function runRound(
  { site, visit, count, users = USERS, flows = 1 }: Variant,
  concurrency: number,
  shared: readonly WatchedProcess[],
): Promise<RoundFigures> {
  const driver = new Driver();
  try {
    await driver.admit(visit, { url: site.url, count, users, flows });
    const watched = [...site.watched(), ...shared];
    const before = cpuOf(watched);
    const { latencies, atFullLoad } = await driver.measure(visit, concurrency);
    const cpu = [...cpuOf(watched)].map(([name, used]): [string, number] => [name, (used - before.get(name)!) / count]);
    const at = percentiles(latencies);
    return {
      perSecond: (atFullLoad.visits * 1000) / atFullLoad.ms,
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      cpu: new Map(cpu),
    };
  } finally {
    driver.stop();
  }
}

/**
 * Number of measured rounds of each variant. Rounds are short and take turns, so that other load on the machine affects
 * all variants equally.
 */
export const ROUNDS = 9;
/** Unmeasured rounds before the first measured one, so that the JIT compiler has warmed up. */
export const WARM_UP = 9;
const CONCURRENCY = 16;

/** Runs the variants in turn for several rounds, after a warm-up. Returns the median of each figure. */
export async function runInterleaved(
  variants: readonly Variant[],
  { watched }: { readonly watched: readonly WatchedProcess[] },
  { warmUp, rounds: count } = { warmUp: WARM_UP, rounds: ROUNDS },
): Promise<ReadonlyMap<string, RoundFigures>> {
  const rounds = new Map(variants.map(({ name }): [string, RoundFigures[]] => [name, []]));
  for (let i = 0; i < warmUp + count; i++) {
    for (const variant of variants) {
      await variant.prepare?.();
      const figures = await runRound(variant, CONCURRENCY, watched);
      if (i >= warmUp) rounds.get(variant.name)?.push(figures);
    }
  }
  return new Map([...rounds].map(([name, figures]) => [name, median(figures)]));
}

/** Returns the median of each figure over all rounds, so that a disturbed round has no effect. */
export function median(rounds: readonly RoundFigures[]): RoundFigures {
  const medianOf = (figure: (round: RoundFigures) => number) => percentiles(rounds.map(figure))(0.5);
  const names = [...rounds[0]!.cpu.keys()];
  return {
    perSecond: medianOf(({ perSecond }) => perSecond),
    p50: medianOf(({ p50 }) => p50),
    p95: medianOf(({ p95 }) => p95),
    p99: medianOf(({ p99 }) => p99),
    cpu: new Map(names.map((name) => [name, medianOf(({ cpu }) => cpu.get(name) ?? 0)])),
  };
}

/** Returns the mean of each figure, such as over several deployments of one setup. */
export function meanOf(all: readonly RoundFigures[]): RoundFigures {
  const mean = (figure: (figures: RoundFigures) => number) =>
    all.reduce((sum, figures) => sum + figure(figures), 0) / all.length;
  return {
    perSecond: mean(({ perSecond }) => perSecond),
    p50: mean(({ p50 }) => p50),
    p95: mean(({ p95 }) => p95),
    p99: mean(({ p99 }) => p99),
    cpu: new Map([...all[0]!.cpu.keys()].map((name) => [name, mean(({ cpu }) => cpu.get(name) ?? 0)])),
  };
}

/** Returns the fastest round, because other load on the machine can only slow a round down. */
export const best = (rounds: readonly RoundFigures[]): RoundFigures =>
  rounds.reduce((fastest, candidate) => (candidate.perSecond > fastest.perSecond ? candidate : fastest));

/** Returns the ratio of the CPU time of a variant to that of its baseline. */
export function ratioOf({ variants, measured }: Comparison, name: string): number {
  const { baseline = name } = variants.find((variant) => variant.name === name)!;
  return totalCpu(measured.get(name)!) / totalCpu(measured.get(baseline)!);
}

/** Returns the CPU time of one visit in all processes, in microseconds. */
export const totalCpu = ({ cpu }: RoundFigures) => [...cpu.values()].reduce((sum, value) => sum + value, 0);

/**
 * Returns the quantile function of the values: for a share (0 to 1), the value below which this share of the values
 * lies.
 */
export function percentiles(values: readonly number[]): (share: number) => number {
  const sorted = [...values].sort((a, b) => a - b);
  return (share) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN;
}
