import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Table of handled requests with their results, so that a repeated request gets the same result (docs/adr/0023). */
const DONE = `
CREATE TABLE enrollment.done (
  id text PRIMARY KEY,
  reply jsonb,
  at timestamptz NOT NULL DEFAULT now()
)`;

/** Index that finds old rows. */
const AGE = 'CREATE INDEX done_at ON enrollment.done (at)';

/** Creates the table of handled requests, for the stages that write users. */
export class CreateEnrollment1764201660000 implements MigrationInterface {
  name = 'CreateEnrollment1764201660000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DONE);
    await runner.query(AGE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE enrollment.done');
  }
}
