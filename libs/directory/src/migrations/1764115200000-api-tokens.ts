import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The view for the gateway: the user and the expiry of an API token, by hash. Tokens of other intents stay hidden. */
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
