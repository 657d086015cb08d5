import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The flow that created an inactive account and may activate it after its address was verified. Null for all other
 * accounts.
 */
const COLUMN = 'ALTER TABLE directory.users ADD COLUMN awaits_flow uuid';

/**
 * Creates the trigger function that clears `awaits_flow` at any update of `is_active`, so that a mail cannot undo an
 * administrator's decision.
 */
const DECIDED = `
CREATE FUNCTION directory.await_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.awaits_flow := NULL;
  RETURN NEW;
END $$`;
const TRIGGER = `
CREATE TRIGGER users_decided BEFORE UPDATE OF is_active ON directory.users
FOR EACH ROW EXECUTE FUNCTION directory.await_nothing()`;

/** Marks accounts that wait for verification by mail, to distinguish them from accounts that were disabled. */
export class AwaitedMail1764288060000 implements MigrationInterface {
  name = 'AwaitedMail1764288060000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [COLUMN, DECIDED, TRIGGER]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER users_decided ON directory.users');
    await runner.query('DROP FUNCTION directory.await_nothing');
    await runner.query('ALTER TABLE directory.users DROP COLUMN awaits_flow');
  }
}
