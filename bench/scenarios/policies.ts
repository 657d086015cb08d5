import type { BenchEnvironment } from '../environment.js';
import { interleaved, type Variant } from '../measuring.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { dummyAsked, dummyOnward } from './visits.js';

/** What an expression costs that decides on a step: a solve with it beside the same solve without, in one run. */
export async function policies(ground: BenchEnvironment, product: Product): Promise<string> {
  await product.servePolicies();
  const without = 'dummy: on to the next';
  const variants: Variant[] = [
    { name: without, site: product, visit: dummyOnward, count: 500 },
    { name: '… whose step an expression decides on', site: product, visit: dummyAsked, count: 500, floor: without },
  ];
  return solvesTable(variants, await interleaved(variants, ground));
}
