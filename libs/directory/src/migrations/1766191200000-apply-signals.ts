import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the function that ends all sessions of a user, and deactivates the user if `deactivates` is set, because
 * another system reports an event. Returns whether the user was active and is not any more. A superuser stays active,
 * so that no other system can lock administrators out. In any other case `is_active` is not written, because a write of
 * this column clears `awaits_flow` of an account that waits for a mail.
 */
const APPLY = `
CREATE FUNCTION directory.apply_signal(of_user uuid, deactivates boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  was_active boolean;
BEGIN
  UPDATE directory.users u SET epoch = u.epoch + 1 WHERE u.id = of_user RETURNING u.is_active INTO was_active;
  IF NOT deactivates OR was_active IS NULL OR directory.is_superuser(of_user) THEN RETURN false; END IF;
  UPDATE directory.users u SET is_active = false WHERE u.id = of_user;
  RETURN was_active;
END $$`;

/** Lets the gateway apply security events of other systems to users (docs/adr/0111). */
export class ApplySignals1766191200000 implements MigrationInterface {
  name = 'ApplySignals1766191200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(APPLY);
    await runner.query('REVOKE ALL ON FUNCTION directory.apply_signal FROM PUBLIC');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION directory.apply_signal');
  }
}
