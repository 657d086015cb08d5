import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the view in which the gateway finds the user and the expiry of an API token by the hash of its key. The view
 * hides tokens of other intents.
 */
const VIEW = `
CREATE VIEW directory.api_tokens AS
SELECT t.key_hash, t.user_id, CASE WHEN t.expiring THEN t.expires ELSE 'infinity' END AS expires
FROM directory.tokens t WHERE t.intent = 'api'`;

/** Creates the view of API tokens. */
export class ApiTokens1764115200000 implements MigrationInterface {
  name = 'ApiTokens1764115200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(VIEW);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW directory.api_tokens');
  }
}
