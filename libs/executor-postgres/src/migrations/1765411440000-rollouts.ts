import { createIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A row describes the rollout of `version_id`, and is valid while `flow.flows.candidate_id` is that version.
 * `counted_from`: plans that began earlier do not count, because the share was different. `margin`: the allowed drop of
 * the completion rate, in hundredths of a percentage point; NULL without a guard. `looked_at`: when the guard last
 * compared the versions, or began to. `halted_at`: when the guard stopped the growth of the share. `tests`: number of
 * tests. `finding`: result of the last comparison.
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

/**
 * Index by which the unfinished plans of a version are found. It stays cheap, because updates of a plan never change
 * its columns.
 */
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
