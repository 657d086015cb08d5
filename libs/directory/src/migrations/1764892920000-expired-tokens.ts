import { createIndexConcurrently, dropIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = {
  tokens_expires: 'directory.tokens (expires) WHERE expiring',
  invitations_expires: 'directory.invitations (expires) WHERE expires IS NOT NULL',
};

/**
 * Creates the functions by which the gateway counts and deletes tokens that expired longer than `kept` ago. It cannot
 * read or delete any other token.
 */
const FUNCTIONS = `
CREATE OR REPLACE FUNCTION directory.count_expired_tokens(kept interval, at_most integer) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT count(*)::integer FROM (
    SELECT FROM directory.tokens
    WHERE expiring AND expires < now() - greatest(kept, interval '0') ORDER BY expires LIMIT at_most) expired
$$;
CREATE OR REPLACE FUNCTION directory.delete_expired_tokens(kept interval, at_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH deleted AS (
    DELETE FROM directory.tokens WHERE id = ANY (ARRAY(
      SELECT id FROM directory.tokens
      WHERE expiring AND expires < now() - greatest(kept, interval '0')
      ORDER BY expires LIMIT at_most FOR UPDATE SKIP LOCKED)) RETURNING 1)
  SELECT count(*)::integer FROM deleted
$$;
REVOKE ALL ON FUNCTION directory.count_expired_tokens, directory.delete_expired_tokens FROM PUBLIC`;

/** Lets the gateway delete expired API tokens, app passwords and invitations. */
export class ExpiredTokens1764892920000 implements MigrationInterface {
  name = 'ExpiredTokens1764892920000';

  transaction = false;

  /** Each step can be repeated, because an interrupted migration runs again from its first step. */
  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES))
      await createIndexConcurrently(runner, { name: `directory.${name}`, on });
    await runner.query(FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION directory.count_expired_tokens, directory.delete_expired_tokens');
    for (const name of Object.keys(INDEXES)) await dropIndexConcurrently(runner, `directory.${name}`);
  }
}
