import type { BenchEnvironment } from '../environment.js';
import { runInterleaved, type Variant } from '../measurement.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { withClient } from '../scratch-databases.js';
import { begin, dummyToNext, rolledToNext } from './visits.js';

const ROUNDS = { warmUp: 4, rounds: 9 };

/** Gives half of the new plans of the flow `rolled-dummies` another version with the same content. */
const START = `
  WITH added AS (
    INSERT INTO flow.flow_versions (id, flow_id, number, document, digest)
    SELECT gen_random_uuid(), v.flow_id, v.number + 1, v.document, sha256(v.digest)
    FROM flow.flow_versions v JOIN flow.flows f ON f.version_id = v.id WHERE f.slug = 'rolled-dummies'
    RETURNING id, flow_id)
  UPDATE flow.flows f SET candidate_id = added.id, candidate_share = 5000, candidate_until = 'infinity'
  FROM added WHERE f.id = added.flow_id`;

const INDEX = 'flow.plans_of_version';
const DROP_INDEX = `DROP INDEX IF EXISTS ${INDEX}`;
const CREATE_INDEX = 'CREATE INDEX IF NOT EXISTS plans_of_version ON flow.plans (version_id, begun_at)';

/**
 * Measures the cost of choosing a version, and of the index with which a guard finds running plans. All variants use
 * the same processes. The index is dropped and created again between the rounds.
 */
export async function rollout(environment: BenchEnvironment, product: Product): Promise<string> {
  // Other load on the machine must not make the gateway refuse visits.
  const site = await product.openGateway({ ADMISSION_DELAY_MS: '0' });
  try {
    return await withClient(environment.databaseUrl, async (client) => {
      await client.query(START);
      const change = (statement: string) => async () => void (await client.query(statement));
      const [withIndex, withoutIndex] = [change(CREATE_INDEX), change(DROP_INDEX)];
      const common = { site, count: 500 };
      const variants: Variant[] = [
        { ...common, name: 'a new visitor', visit: begin(), prepare: withIndex },
        { ...common, name: '… with a rollout', visit: begin('rolled-dummies'), baseline: 'a new visitor' },
        { ...common, name: 'dummy: on to the next', visit: dummyToNext },
        { ...common, name: '… of a flow with a rollout', visit: rolledToNext, baseline: 'dummy: on to the next' },
        { ...common, name: 'a new visitor, without the index', visit: begin(), prepare: withoutIndex },
        {
          ...common,
          name: '… with it',
          visit: begin(),
          prepare: withIndex,
          baseline: 'a new visitor, without the index',
        },
      ];
      return solvesTable({ variants, measured: await runInterleaved(variants, environment, ROUNDS) });
    });
  } finally {
    await site.stop();
  }
}
