import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Table of the sealed digest keys of master keys that were removed. The services read it; the command `keys` writes it.
 */
const TABLE = `
CREATE TABLE mfa.digest_keys (
  key_id text NOT NULL,
  purpose text NOT NULL,
  key bytea NOT NULL,
  PRIMARY KEY (key_id, purpose)
)`;

/**
 * Creates the table of digest keys, so that a master key can be removed while digests made with it are still in use
 * (docs/adr/0050).
 */
export class DigestKeys1764806400000 implements MigrationInterface {
  name = 'DigestKeys1764806400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE mfa.digest_keys');
  }
}
