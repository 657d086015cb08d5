import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sources as they are published, secrets sealed. Slugs may be swapped by one blueprint. */
const SOURCES = `
CREATE TABLE identification.sources (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,
  document jsonb NOT NULL
)`;

/** Whom a source's somebody is here: one user for each, and gone with the source. */
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

/** Work that was done, with its reply, so that it is done once. */
const DONE = `
CREATE TABLE identification.done (
  id text PRIMARY KEY,
  reply jsonb,
  at timestamptz NOT NULL DEFAULT now()
)`;

const AGE = 'CREATE INDEX done_at ON identification.done (at)';

/** Where it is kept what signs in elsewhere, and who came from there. */
export class CreateIdentification1764460800000 implements MigrationInterface {
  name = 'CreateIdentification1764460800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [SOURCES, CONNECTIONS, OWNERS, DONE, AGE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE identification.connections, identification.sources, identification.done');
  }
}
