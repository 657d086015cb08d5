import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets the gateway read attributes, which may hold the URL of an avatar. */
export class UserAttributes1764115260000 implements MigrationInterface {
  name = 'UserAttributes1764115260000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE VIEW directory.user_attributes AS SELECT id, attributes FROM directory.users');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW directory.user_attributes');
  }
}
