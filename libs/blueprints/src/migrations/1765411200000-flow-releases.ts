import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `compiled_id`: the version that the stored objects compile to, or NULL if that is the current one. `candidate_*`: the
 * version of a weighted rollout, its share of new plans in hundredths of a percent, and its end. Versions from before this
 * migration have no `created_at`. `actor`: the command or service that published, never a person.
 */
const STATEMENTS = [
  'ALTER TABLE flow.flow_versions ADD COLUMN created_at timestamptz, ADD COLUMN origin text',
  'ALTER TABLE flow.flow_versions ALTER COLUMN created_at SET DEFAULT now()',
  'ALTER TABLE flow.flow_versions ADD COLUMN is_draft boolean NOT NULL DEFAULT false',
  `ALTER TABLE flow.flows
     ADD COLUMN compiled_id uuid REFERENCES flow.flow_versions ON DELETE SET NULL,
     ADD COLUMN candidate_id uuid REFERENCES flow.flow_versions ON DELETE SET NULL,
     ADD COLUMN candidate_share int,
     ADD COLUMN candidate_until timestamptz`,
  `CREATE TABLE flow.releases (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     flow_id uuid NOT NULL,
     slug text NOT NULL,
     version_id uuid NOT NULL,
     number int NOT NULL,
     before_number int,
     at timestamptz NOT NULL DEFAULT now(),
     action text NOT NULL,
     actor text,
     reason text
   )`,
  'CREATE INDEX releases_flow ON flow.releases (flow_id, id)',
];

/** Adds drafts, held flows and weighted rollouts, and creates the log of publications (docs/spec/storage.md#flow-versions). */
export class FlowReleases1765411200000 implements MigrationInterface {
  readonly name = 'FlowReleases1765411200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.releases');
    await runner.query(`ALTER TABLE flow.flows DROP COLUMN compiled_id, DROP COLUMN candidate_id,
      DROP COLUMN candidate_share, DROP COLUMN candidate_until`);
    await runner.query(
      'ALTER TABLE flow.flow_versions DROP COLUMN created_at, DROP COLUMN origin, DROP COLUMN is_draft',
    );
  }
}
