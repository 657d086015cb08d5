import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Table of the permissions that users have granted to applications. A user's list of grants shows the name. */
const GRANTS = `
CREATE TABLE consent.grants (
  pk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id uuid NOT NULL,
  application_id uuid NOT NULL,
  application_slug text NOT NULL,
  application_name text NOT NULL,
  permissions text[] NOT NULL,
  expires timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, application_id)
)`;

/** Index that finds expired grants. */
const EXPIRY = 'CREATE INDEX grants_expires ON consent.grants (expires) WHERE expires IS NOT NULL';

/** Table of handled requests with their results, so that a repeated request gets the same result. */
const DONE = `
CREATE TABLE consent.done (
  id text PRIMARY KEY,
  reply jsonb,
  at timestamptz NOT NULL DEFAULT now()
)`;

const AGE = 'CREATE INDEX done_at ON consent.done (at)';

/** Creates the tables of grants. */
export class CreateConsent1764201780000 implements MigrationInterface {
  name = 'CreateConsent1764201780000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [GRANTS, EXPIRY, DONE, AGE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE consent.grants, consent.done');
  }
}
