import { createIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMN = 'ALTER TABLE consent.access_tokens ADD COLUMN IF NOT EXISTS code_hash bytea';
const BY_CODE = {
  name: 'consent.access_tokens_code',
  on: 'consent.access_tokens (code_hash) WHERE code_hash IS NOT NULL',
};

/** Adds the hash of the authorization code to the token that it was exchanged for. */
export class TokenCodes1765152120000 implements MigrationInterface {
  name = 'TokenCodes1765152120000';

  transaction = false;

  /** Each step can be repeated, because an interrupted migration runs again from its first step. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMN);
    await createIndexConcurrently(runner, BY_CODE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE consent.access_tokens DROP COLUMN code_hash');
  }
}
