import type { MigrationInterface, QueryRunner } from 'typeorm';

const MODEL = `'authentik_policies_unique_password.uniquepasswordpolicy'`;

const FUNCTION = `
  CREATE FUNCTION flow.trim_old_passwords() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
  BEGIN
    PERFORM directory.trim_old_passwords();
    RETURN NULL;
  END $$`;

/**
 * Creates the function that deletes hashes of earlier passwords in the transaction that changes or removes the policy
 * which needed them.
 */
export class TrimOldPasswords1765584003100 implements MigrationInterface {
  name = 'TrimOldPasswords1765584003100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FUNCTION);
    await runner.query('REVOKE ALL ON FUNCTION flow.trim_old_passwords FROM PUBLIC');
    await runner.query(`CREATE TRIGGER objects_password_policy AFTER UPDATE OR DELETE ON flow.objects
      FOR EACH ROW WHEN (OLD.model = ${MODEL}) EXECUTE FUNCTION flow.trim_old_passwords()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER objects_password_policy ON flow.objects');
    await runner.query('DROP FUNCTION flow.trim_old_passwords');
  }
}
