import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds a column with the progress of a plan, for the metric of ended plans: 0 started, 1 answered, 2 ended. The
 * encrypted body contains this too, but statements cannot read it. Services of the previous version leave 0, so their
 * expired plans count as abandoned.
 */
export class PlanProgress1764979320000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.plans ADD COLUMN progress smallint NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.plans DROP COLUMN progress');
  }
}
