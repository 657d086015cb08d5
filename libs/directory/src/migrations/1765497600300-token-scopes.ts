import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the scope of API tokens. Only an `api` token with an expiry can have one. The constraint is not validated,
 * because the new column of existing rows is empty: a scan would hold the lock of the table.
 */
const SCOPE = `
ALTER TABLE directory.tokens ADD COLUMN scope text,
  ADD CONSTRAINT tokens_scope CHECK (
    scope IS NULL OR (scope = 'flows' AND intent = 'api' AND expiring AND expires IS NOT NULL)) NOT VALID`;

/**
 * The view that gateways of the previous version read. It leaves out scoped tokens, which those gateways would accept
 * as tokens without a scope.
 */
const UNSCOPED_VIEW = `
CREATE OR REPLACE VIEW directory.api_tokens AS
SELECT t.key_hash, t.user_id, CASE WHEN t.expiring THEN t.expires ELSE 'infinity' END AS expires
FROM directory.tokens t WHERE t.intent = 'api' AND t.scope IS NULL`;

/** The view of all API tokens, with their ids and scopes. Its readers must check `scope`. */
const SCOPED_VIEW = `
CREATE VIEW directory.scoped_api_tokens AS
SELECT t.id, t.key_hash, t.user_id, CASE WHEN t.expiring THEN t.expires ELSE 'infinity' END AS expires, t.scope
FROM directory.tokens t WHERE t.intent = 'api'`;

/** Lets an API token be valid for flows only. */
export class TokenScopes1765497600300 implements MigrationInterface {
  name = 'TokenScopes1765497600300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SCOPE);
    await runner.query(UNSCOPED_VIEW);
    await runner.query(SCOPED_VIEW);
  }

  /** Deletes scoped tokens, because they would become tokens without a scope. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM directory.tokens WHERE scope IS NOT NULL');
    await runner.query('DROP VIEW directory.scoped_api_tokens');
    await runner.query(UNSCOPED_VIEW.replace(' AND t.scope IS NULL', ''));
    await runner.query('ALTER TABLE directory.tokens DROP COLUMN scope');
  }
}
