import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Published sources, with sealed secrets. The unique constraint is deferred, so that one blueprint can swap two slugs.
 */
const SOURCES = `
CREATE TABLE identification.sources (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,
  document jsonb NOT NULL
)`;

/** Connections: each account at a source belongs to one user. Deleting a source deletes its connections. */
const CONNECTIONS = `
CREATE TABLE identification.connections (
  pk integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id uuid NOT NULL REFERENCES identification.sources ON DELETE CASCADE,
  identifier text NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source_id, identifier)
)`;

const OWNERS = 'CREATE INDEX connections_user ON identification.connections (user_id)';

/** Operations that have run, with their replies, so that a repeated operation returns the first reply. */
const DONE = `
CREATE TABLE identification.done (
  id text PRIMARY KEY,
  reply jsonb,
  at timestamptz NOT NULL DEFAULT now()
)`;

const AGE = 'CREATE INDEX done_at ON identification.done (at)';

/** Creates the tables of sources, of their connections with users, and of operations that have run. */
export class CreateIdentification1764460800000 implements MigrationInterface {
  name = 'CreateIdentification1764460800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [SOURCES, CONNECTIONS, OWNERS, DONE, AGE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE identification.connections, identification.sources, identification.done');
  }
}
