import type { BenchEnvironment } from '../environment.js';
import { type Comparison, ratioOf } from '../measurement.js';
import type { Product } from '../product.js';
import { type BoundedRatio, gateTable, isWithinBound } from '../report.js';
import type { ScenarioResult } from '../run-scenarios.js';
import { comparePolicies, WITH_EXPRESSION } from './policies.js';
import { compareSolves } from './solves.js';
import { CODE, compareCodes } from './totp.js';

/**
 * The largest ratio of CPU times for each kind of visit that answers challenges: the CPU time of the visit, divided by
 * that of its baseline (`Variant.baseline`). Each bound is the usual ratio plus some per cent, because runs of the same
 * code differ (docs/explanation/performance.md#measure-it-yourself).
 */
const SOLVES = {
  'dummy: the last answer': 1.75,
  'dummy: on to the next': 1.75,
  identification: 2.45,
  'a login': 2.25,
};
const EXPRESSION = { [WITH_EXPRESSION]: 1.95 };
const CODES = { [CODE]: 2 };

/** Baselines that the gate does not use. */
const UNUSED_BASELINES = [
  'bare Fastify',
  '… and one echo over NATS',
  '… and the least two statements, one open, one seal',
];

/** Compares ratios of CPU times with their bounds. Unlike times, ratios hardly depend on the machine. */
export async function gate(environment: BenchEnvironment, product: Product): Promise<ScenarioResult> {
  const ratios = [
    ...within(SOLVES, await compareSolves(environment, product, (name) => !UNUSED_BASELINES.includes(name))),
    ...within(EXPRESSION, await comparePolicies(environment, product)),
    ...within(CODES, await compareCodes(environment, product)),
  ];
  return { text: gateTable(ratios), passed: ratios.every(isWithinBound) };
}

const within = (bounds: Readonly<Record<string, number>>, comparison: Comparison): BoundedRatio[] =>
  Object.entries(bounds).map(([name, bound]) => ({ name, bound, ratio: ratioOf(comparison, name) }));
