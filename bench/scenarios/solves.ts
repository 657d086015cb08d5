import { startBaseline } from '../baseline/baseline.js';
import type { BenchEnvironment } from '../environment.js';
import { type Comparison, type MeasuredSite, runInterleaved, type Variant } from '../measurement.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { BASELINES, dummy, dummyToNext, identification, login } from './visits.js';

/** Returns a table of solves and their baselines. */
export const solves = async (environment: BenchEnvironment, product: Product): Promise<string> =>
  solvesTable(await compareSolves(environment, product, () => true));

/** Measures the chosen solves and baselines. */
export async function compareSolves(
  environment: BenchEnvironment,
  product: Product,
  isWanted: (name: string) => boolean,
): Promise<Comparison> {
  const baseline = await startBaseline(environment);
  const variants = allVariants(baseline, product).filter(({ name }) => isWanted(name));
  try {
    return { variants, measured: await runInterleaved(variants, environment) };
  } finally {
    await baseline.stop();
  }
}

const allVariants = (baseline: MeasuredSite, product: Product): Variant[] => [
  { name: 'bare Fastify', site: baseline, visit: BASELINES.bare, count: 1500 },
  { name: '… and one echo over NATS', site: baseline, visit: BASELINES.echo, count: 1000 },
  { name: '… and the least two statements, one open, one seal', site: baseline, visit: BASELINES.least, count: 500 },
  { name: '… and the two statements of a solve instead', site: baseline, visit: BASELINES.whole, count: 500 },
  { name: '… and a second echo', site: baseline, visit: BASELINES.wholeTwice, count: 500 },
  {
    name: 'dummy: the last answer',
    site: product,
    visit: dummy,
    count: 500,
    baseline: '… and the two statements of a solve instead',
  },
  { name: 'dummy: on to the next', site: product, visit: dummyToNext, count: 500, baseline: '… and a second echo' },
  { name: 'identification', site: product, visit: identification, count: 500, baseline: '… and a second echo' },
  { name: 'a hash', site: baseline, visit: BASELINES.hash, count: 40 },
  { name: 'a login', site: product, visit: login, count: 40, baseline: 'a hash' },
];
