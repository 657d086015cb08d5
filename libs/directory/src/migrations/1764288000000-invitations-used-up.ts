import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deletes invitations that a plan has already reserved, because used invitations are now deleted (docs/adr/0024). */
const FORGET = 'DELETE FROM directory.invitations WHERE used_by IS NOT NULL';

/** Drops the columns about the use of an invitation, because a used single-use invitation is deleted. */
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
