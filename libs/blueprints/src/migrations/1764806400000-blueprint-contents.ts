import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the text of applied blueprints, with which an update tells an administrator's changes from its own. It counts
 * only while its SHA-256 is `digest`: services of the version before change the digest alone.
 */
export class BlueprintContents1764806400000 implements MigrationInterface {
  readonly name = 'BlueprintContents1764806400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.applied_blueprints ADD COLUMN content text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.applied_blueprints DROP COLUMN content');
  }
}
