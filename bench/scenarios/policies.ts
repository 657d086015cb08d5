import type { BenchEnvironment } from '../environment.js';
import { runInterleaved, type Variant } from '../measurement.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { dummyToNext, dummyWithPolicy } from './visits.js';

/** Measures a solve with and without an expression policy on the next step. */
export async function policies(environment: BenchEnvironment, product: Product): Promise<string> {
  await product.servePolicies();
  const without = 'dummy: on to the next';
  const variants: Variant[] = [
    { name: without, site: product, visit: dummyToNext, count: 500 },
    {
      name: '… whose step an expression decides on',
      site: product,
      visit: dummyWithPolicy,
      count: 500,
      baseline: without,
    },
  ];
  return solvesTable(variants, await runInterleaved(variants, environment));
}
