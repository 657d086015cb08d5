import { cpuOf, type Watched } from './cpu.js';
import { Driver } from './driving.js';
import { USERS } from './scenarios/flows.js';
import type { Visit } from './visit.js';

/** Something that answers HTTP, and the processes it consists of. */
export interface Site {
  readonly url: string;
  watched(): readonly Watched[];
  stop(): Promise<void>;
}

/** What is measured against what else. */
export interface Variant {
  readonly name: string;
  readonly site: Site;
  readonly visit: Visit;
  /** Visits in one round. */
  readonly count: number;
  /** Users that they are shared among, where those of every scenario are too few. */
  readonly users?: number;
  /** The variant that shows what this one cannot do without. */
  readonly floor?: string;
}

/** One round of one variant. */
export interface Figures {
  readonly perSecond: number;
  /** Milliseconds of one visit. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** CPU microseconds of one visit, by process. */
  readonly cpu: ReadonlyMap<string, number>;
}

/** Runs one round of a variant with a driver of its own. `shared` is what it stands on together with others. */
export async function round(
  { site, visit, count, users = USERS }: Variant,
  concurrency: number,
  shared: readonly Watched[],
): Promise<Figures> {
  const driver = new Driver();
  try {
    await driver.admit(visit, { url: site.url, count, users });
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

/** Short ones, so that what else runs on the machine meets all variants alike. */
export const ROUNDS = 9;
/** Rounds before the first that is measured: a process that lives for weeks is compiled in its first minutes. */
export const WARM_UP = 9;
const CONCURRENCY = 16;

/** Variants in turn, several rounds, the first unmeasured; of each figure the median. */
export async function interleaved(
  variants: readonly Variant[],
  { watched }: { readonly watched: readonly Watched[] },
): Promise<ReadonlyMap<string, Figures>> {
  const rounds = new Map(variants.map(({ name }): [string, Figures[]] => [name, []]));
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    for (const variant of variants) {
      const figures = await round(variant, CONCURRENCY, watched);
      if (i >= WARM_UP) rounds.get(variant.name)?.push(figures);
    }
  }
  return new Map([...rounds].map(([name, figures]) => [name, median(figures)]));
}

/** The median round of each figure: one round that was disturbed does not count. */
export function median(rounds: readonly Figures[]): Figures {
  const of = (figure: (one: Figures) => number) => percentiles(rounds.map(figure))(0.5);
  const names = [...rounds[0]!.cpu.keys()];
  return {
    perSecond: of(({ perSecond }) => perSecond),
    p50: of(({ p50 }) => p50),
    p95: of(({ p95 }) => p95),
    p99: of(({ p99 }) => p99),
    cpu: new Map(names.map((name) => [name, of(({ cpu }) => cpu.get(name) ?? 0)])),
  };
}

/** The round that was disturbed least: what else runs on the machine can only take away. */
export const best = (rounds: readonly Figures[]): Figures =>
  rounds.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));

/** CPU microseconds of one visit in all processes. */
export const totalCpu = ({ cpu }: Figures) => [...cpu.values()].reduce((sum, one) => sum + one, 0);

function percentiles(values: readonly number[]): (share: number) => number {
  const sorted = [...values].sort((a, b) => a - b);
  return (share) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN;
}
