import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens that were accepted, by digest, and the requests that they were accepted for. */
const SPENT = `
CREATE TABLE captcha.spent (
  digest bytea PRIMARY KEY,
  id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
)`;

/** What is old is found by its age. */
const AGE = 'CREATE INDEX spent_at ON captcha.spent (at)';

/** Where it is kept that a token was accepted. */
export class CreateCaptcha1764201720000 implements MigrationInterface {
  name = 'CreateCaptcha1764201720000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SPENT);
    await runner.query(AGE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE captcha.spent');
  }
}
