import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the tables of forward auth. `hash`: SHA-256 of the code or of the cookie. `nonce_hash`: SHA-256 of a nonce in
 * a cookie of the browser. `destination_hash`: SHA-256 of the URL to open after the login. Rows are deleted with the
 * session from which they come.
 */
const TABLES = [
  `CREATE TABLE flow.forward_codes (
     hash bytea PRIMARY KEY,
     session_id uuid NOT NULL REFERENCES flow.sessions ON DELETE CASCADE,
     user_id uuid NOT NULL,
     application uuid NOT NULL,
     nonce_hash bytea NOT NULL,
     destination_hash bytea NOT NULL,
     expires_at timestamptz NOT NULL
   )`,
  `CREATE TABLE flow.forward_sessions (
     hash bytea PRIMARY KEY,
     session_id uuid NOT NULL REFERENCES flow.sessions ON DELETE CASCADE,
     user_id uuid NOT NULL,
     application uuid NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL
   )`,
];

/** Indexes by which the rows of a session and expired rows are found. */
const INDEXES = [
  'CREATE INDEX forward_codes_session ON flow.forward_codes (session_id)',
  'CREATE INDEX forward_codes_expiry ON flow.forward_codes (expires_at)',
  'CREATE INDEX forward_sessions_session ON flow.forward_sessions (session_id, application)',
  'CREATE INDEX forward_sessions_expiry ON flow.forward_sessions (expires_at)',
];

/** Creates the tables of the codes and of the cookies of forward auth, with their indexes. */
export class ForwardAuth1765238580000 implements MigrationInterface {
  readonly name = 'ForwardAuth1765238580000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...INDEXES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.forward_codes, flow.forward_sessions');
  }
}
