import { createIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A row is about the rollout of `version_id` while `flow.flows.candidate_id` is that version. `counted_from`: plans that
 * began earlier do not count, because the share was another. `margin`: the allowed drop of the rate in hundredths of a
 * percent point; NULL without a guard. `looked_at` is when a guard last looked, or began to look. `halted_at` is when the
 * guard stopped the growth. `tests`: number of tests. `finding`: what the last look found.
 */
const ROLLOUTS = `
  CREATE TABLE IF NOT EXISTS flow.rollouts (
    flow_id uuid PRIMARY KEY REFERENCES flow.flows ON DELETE CASCADE,
    version_id uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    counted_from timestamptz(3) NOT NULL DEFAULT now(),
    watch_until timestamptz(3),
    margin int,
    looked_at timestamptz NOT NULL DEFAULT '-infinity',
    halted_at timestamptz,
    tests int NOT NULL DEFAULT 0,
    finding jsonb
  )`;

/** Finds the plans of a version that have not ended. An update of a plan never changes these columns. */
const PLANS_OF_VERSION = { name: 'flow.plans_of_version', on: 'flow.plans (version_id, begun_at)' };

/** Creates the table of rollouts with their guards, and the index by which a guard finds unfinished plans. */
export class Rollouts1765411440000 implements MigrationInterface {
  name = 'Rollouts1765411440000';

  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ROLLOUTS);
    await createIndexConcurrently(runner, PLANS_OF_VERSION);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${PLANS_OF_VERSION.name}`);
    await runner.query('DROP TABLE flow.rollouts');
  }
}
