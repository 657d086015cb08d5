import { createIndexConcurrently, dropIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the hash of the secret that names the logins of one browser, for sessions between which its user may switch
 * (docs/spec/sessions.md#user-switching).
 */
export class LoginSets1766795940000 implements MigrationInterface {
  name = 'LoginSets1766795940000';

  transaction = false;

  /** Each step can be repeated, because an interrupted migration runs again from its first step. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.sessions ADD COLUMN IF NOT EXISTS login_set bytea');
    await createIndexConcurrently(runner, {
      name: 'flow.sessions_login_set',
      on: 'flow.sessions (login_set) WHERE login_set IS NOT NULL',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexConcurrently(runner, 'flow.sessions_login_set');
    await runner.query('ALTER TABLE flow.sessions DROP COLUMN login_set');
  }
}
