import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the text of applied blueprints, by which an update distinguishes an administrator's changes from those of a new
 * version. The text is valid only while its SHA-256 is `digest`, because services of the previous version change only
 * the digest.
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
