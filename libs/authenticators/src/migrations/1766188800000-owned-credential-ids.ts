import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Columns of the view before this migration. */
const COLUMNS = `d.pk, d.user_id, d.kind, d.name, d.facts, d.stage_id, d.created_at, d.updated_at, d.last_used_at`;
const FROM = 'FROM mfa.devices d WHERE d.confirmed';

/**
 * Adds the credential ids of passkeys to the view, because pages tell the browser of their owner which passkeys are
 * still accepted.
 */
export class OwnedCredentialIds1766188800000 implements MigrationInterface {
  name = 'OwnedCredentialIds1766188800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE OR REPLACE VIEW mfa.owned_devices AS
      SELECT ${COLUMNS}, CASE WHEN d.kind = 'webauthn' THEN d.handle END AS credential_id ${FROM}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW mfa.owned_devices');
    await runner.query(`CREATE VIEW mfa.owned_devices AS SELECT ${COLUMNS} ${FROM}`);
  }
}
