import { startBaseline } from '../baseline/baseline.js';
import type { BenchEnvironment } from '../environment.js';
import { type RoundFigures, runInterleaved, type Variant } from '../measurement.js';
import { Product } from '../product.js';
import { postgresCapacity, ratesTable } from '../report.js';
import { BASELINES, login, loginWithoutHash } from './visits.js';

const OURS = 'with our hash';
const WITHOUT = 'without a hash';
const KEYCLOAKS = 'with Keycloak’s hash';
const ROUNDS = { warmUp: 5, rounds: 9 };

/**
 * Measures the CPU time of three logins (with Gatehouse's hash, with Keycloak's hash parameters, and with a dummy step
 * in place of the password) and of the two hashes alone.
 */
export async function rates(environment: BenchEnvironment, product: Product): Promise<string> {
  const baseline = await startBaseline(environment);
  const logins: Variant[] = [
    { name: OURS, site: product, visit: login, count: 60 },
    { name: WITHOUT, site: product, visit: loginWithoutHash, count: 250 },
  ];
  const hashes: Variant[] = [
    { name: 'our hash alone', site: baseline, visit: BASELINES.hash, count: 60 },
    { name: 'Keycloak’s hash alone', site: baseline, visit: BASELINES.keycloakHash, count: 60 },
  ];
  try {
    const measured = new Map(await runInterleaved([...logins, ...hashes], environment, ROUNDS));
    await product.serve('password', { NODE_OPTIONS: Product.preload('keycloak-hash') });
    const keycloaks = { ...logins[0]!, name: KEYCLOAKS };
    for (const [name, figures] of await runInterleaved([keycloaks], environment, ROUNDS)) measured.set(name, figures);
    await product.serve('password', {});
    return textOf([OURS, KEYCLOAKS, WITHOUT, ...hashes.map(({ name }) => name)], measured);
  } finally {
    await baseline.stop();
  }
}

function textOf(names: readonly string[], measured: ReadonlyMap<string, RoundFigures>): string {
  const rows = names.map((name): [string, RoundFigures] => [name, measured.get(name)!]);
  return `${ratesTable(rows)}\n\n${postgresCapacity(measured.get(OURS)!)}`;
}
