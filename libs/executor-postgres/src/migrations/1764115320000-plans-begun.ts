import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds the start time of plans. A plan of a replaced flow version becomes outdated a fixed time after its start. */
export class PlansBegun1764115320000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.plans ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.plans DROP COLUMN begun_at');
  }
}
