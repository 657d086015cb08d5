import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Work that was done, with its reply, so that it is done once (docs/adr/0023). */
const DONE = `
CREATE TABLE enrollment.done (
  id text PRIMARY KEY,
  reply jsonb,
  at timestamptz NOT NULL DEFAULT now()
)`;

/** What is old is found by its age. */
const AGE = 'CREATE INDEX done_at ON enrollment.done (at)';

/** Where the stages that write users note what they have done. */
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
