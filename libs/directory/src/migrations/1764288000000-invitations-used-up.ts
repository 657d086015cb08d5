import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was used is gone (docs/adr/0024): what some run of a flow had taken is no invitation for anybody else. */
const FORGET = 'DELETE FROM directory.invitations WHERE used_by IS NOT NULL';

/** Invitations for a single use are removed by whoever uses them, so nothing is noted of their use. */
export class InvitationsUsedUp1764288000000 implements MigrationInterface {
  name = 'InvitationsUsedUp1764288000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FORGET);
    await runner.query('ALTER TABLE directory.invitations DROP COLUMN used_by, DROP COLUMN used_at');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE directory.invitations ADD COLUMN used_by text, ADD COLUMN used_at timestamptz');
  }
}
