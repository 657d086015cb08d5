import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of mailed links, each with an encrypted copy of its plan (docs/spec/plan.md#mailed-links). */
export class ResumeTokens1764115260000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.resume_tokens');
  }
}

const UP = [
  // A step of a plan has at most one link, because a new link replaces the old one.
  `CREATE TABLE flow.resume_tokens (
     hash bytea PRIMARY KEY,
     flow_id uuid NOT NULL,
     version_id uuid NOT NULL,
     plan_id uuid NOT NULL,
     step_id text NOT NULL,
     user_id uuid,
     body bytea NOT NULL,
     expires_at timestamptz NOT NULL,
     UNIQUE (plan_id, step_id)
   )`,
  'CREATE INDEX resume_tokens_expiry ON flow.resume_tokens (expires_at)',
];
