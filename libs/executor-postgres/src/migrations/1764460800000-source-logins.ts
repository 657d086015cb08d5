import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of pending source logins. `hash` is the SHA-256 of the OAuth `state`. */
const TABLE = `
CREATE TABLE flow.source_logins (
  hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES flow.sessions ON DELETE CASCADE,
  source_id uuid NOT NULL,
  body bytea NOT NULL,
  expires_at timestamptz NOT NULL
)`;

/** Indexes to find the pending logins of a session, and the expired logins. */
const INDEXES = [
  'CREATE INDEX source_logins_session ON flow.source_logins (session_id, expires_at)',
  'CREATE INDEX source_logins_expiry ON flow.source_logins (expires_at)',
];

/** Creates the table of pending source logins, with its indexes. */
export class SourceLogins1764460800000 implements MigrationInterface {
  name = 'SourceLogins1764460800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [TABLE, ...INDEXES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.source_logins');
  }
}
