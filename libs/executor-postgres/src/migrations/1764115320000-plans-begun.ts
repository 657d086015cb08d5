import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when a plan runs, so that one of an older version comes to its end whatever is done to it. */
export class PlansBegun1764115320000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.plans ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.plans DROP COLUMN begun_at');
  }
}
