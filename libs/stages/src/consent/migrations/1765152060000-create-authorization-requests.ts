import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Table of pushed authorization requests. Once the user has authorized a request, its row holds the code, the user, and
 * how the user logged in.
 */
const REQUESTS = `
CREATE TABLE consent.authorization_requests (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  reference_hash bytea NOT NULL UNIQUE,
  client_id text NOT NULL,
  application_id uuid NOT NULL,
  request jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL,
  code_hash bytea UNIQUE,
  issued_by text,
  user_id uuid,
  user_epoch int,
  authentication jsonb
)`;
const BY_EXPIRY = 'CREATE INDEX authorization_requests_expires ON consent.authorization_requests (expires)';
const BY_USER =
  'CREATE INDEX authorization_requests_user ON consent.authorization_requests (user_id) WHERE user_id IS NOT NULL';

/** Creates the table of authorization requests and codes. */
export class CreateAuthorizationRequests1765152060000 implements MigrationInterface {
  name = 'CreateAuthorizationRequests1765152060000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [REQUESTS, BY_EXPIRY, BY_USER]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE consent.authorization_requests');
  }
}
