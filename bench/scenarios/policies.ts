import type { BenchEnvironment } from '../environment.js';
import { type Comparison, runInterleaved, type Variant } from '../measurement.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { dummyToNext, dummyWithPolicy } from './visits.js';

const WITHOUT = 'dummy: on to the next';
/** Name of the variant with an expression policy. */
export const WITH_EXPRESSION = '… whose step an expression decides on';

/** Returns a table of solves with and without an expression policy on the next step. */
export const policies = async (environment: BenchEnvironment, product: Product): Promise<string> =>
  solvesTable(await comparePolicies(environment, product));

/** Measures a solve with and without an expression policy on the next step. */
export async function comparePolicies(environment: BenchEnvironment, product: Product): Promise<Comparison> {
  await product.serve('policy', {});
  const variants: Variant[] = [
    { name: WITHOUT, site: product, visit: dummyToNext, count: 500 },
    { name: WITH_EXPRESSION, site: product, visit: dummyWithPolicy, count: 500, baseline: WITHOUT },
  ];
  return { variants, measured: await runInterleaved(variants, environment) };
}
