import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of the applied blueprints of the folder. `digest` is the SHA-256 of the file that was applied last. */
export class AppliedBlueprints1764720000000 implements MigrationInterface {
  readonly name = 'AppliedBlueprints1764720000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.applied_blueprints (
      path text PRIMARY KEY, digest bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.applied_blueprints');
  }
}
