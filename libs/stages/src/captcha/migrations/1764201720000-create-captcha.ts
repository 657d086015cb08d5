import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Table of the digests of accepted tokens, each with the id of the request that used the token. */
const SPENT = `
CREATE TABLE captcha.spent (
  digest bytea PRIMARY KEY,
  id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
)`;

/** Index that finds expired rows. */
const AGE = 'CREATE INDEX spent_at ON captcha.spent (at)';

/** Creates the table of accepted captcha tokens. */
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
