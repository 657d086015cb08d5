import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMN = 'ALTER TABLE consent.access_tokens ADD COLUMN code_hash bytea';
const INDEX = 'CREATE INDEX access_tokens_code ON consent.access_tokens (code_hash) WHERE code_hash IS NOT NULL';

/** Adds the hash of the authorization code to the token that it was exchanged for. */
export class TokenCodes1765152120000 implements MigrationInterface {
  name = 'TokenCodes1765152120000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMN);
    await runner.query(INDEX);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE consent.access_tokens DROP COLUMN code_hash');
  }
}
