import type { BenchEnvironment } from '../environment.js';
import { runInterleaved, type Variant } from '../measurement.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import type { Visit } from '../visit.js';
import { dummy, dummyToNext, identification } from './visits.js';

const VISITS: readonly (readonly [string, Visit])[] = [
  ['dummy: the last answer', dummy],
  ['dummy: on to the next', dummyToNext],
  ['identification', identification],
];

/**
 * Measures solves by two gateways (docs/adr/0003). In the product, Postgres describes the columns of a statement once per
 * connection. In the other gateway, with pg's own named statements, Postgres describes them at every run.
 */
export async function statements(environment: BenchEnvironment, product: Product): Promise<string> {
  const plain = await product.withPlainStatements();
  const variants = VISITS.flatMap(([name, visit]): Variant[] => [
    { name, site: product, visit, count: 500 },
    { name: `${name}, by pg's own named statements`, site: plain, visit, count: 500, baseline: name },
  ]);
  try {
    return solvesTable({ variants, measured: await runInterleaved(variants, environment) });
  } finally {
    await plain.stop();
  }
}
