import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Model of the policies that compare a new password with earlier ones. */
const MODEL = `'authentik_policies_unique_password.uniquepasswordpolicy'`;

/** Creates the table of the hashes that users had before the present one. */
const OLD_PASSWORDS = `
CREATE TABLE directory.old_passwords (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES directory.users ON DELETE CASCADE,
  password_hash text NOT NULL,
  replaced_at timestamptz NOT NULL DEFAULT now()
)`;

/**
 * Creates the function that returns how many passwords of a user, the present one included, the policies of the
 * blueprints compare. Returns 0 if there is no such policy.
 */
const COUNT = `
CREATE FUNCTION directory.compared_passwords() RETURNS int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  RETURN (SELECT coalesce(max((o.attrs->>'num_historical_passwords')::int), 0) FROM flow.objects o WHERE o.model = ${MODEL});
END $$`;

/**
 * Creates the trigger that stores a replaced hash while a policy needs it, and deletes the oldest hashes of the user
 * that no policy compares. A hash that `replace_hash` upgrades is not stored, because its password stays.
 */
const KEEP = `
CREATE FUNCTION directory.keep_old_password() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  kept int := directory.compared_passwords() - 1;
BEGIN
  IF kept < 1 THEN RETURN NULL; END IF;
  INSERT INTO directory.old_passwords (user_id, password_hash) VALUES (OLD.id, OLD.password_hash);
  DELETE FROM directory.old_passwords WHERE id IN (
    SELECT o.id FROM directory.old_passwords o WHERE o.user_id = OLD.id ORDER BY o.id DESC OFFSET kept);
  RETURN NULL;
END $$`;
const KEEP_TRIGGER = `
CREATE TRIGGER users_old_password AFTER UPDATE OF password_hash ON directory.users
FOR EACH ROW WHEN (directory.is_usable_hash(OLD.password_hash)
  AND (NEW.password_hash = '' OR NEW.password_changed_at <> OLD.password_changed_at))
EXECUTE FUNCTION directory.keep_old_password()`;

/** Creates the function that deletes the hashes that no policy compares any more. */
const TRIM = `
CREATE FUNCTION directory.trim_old_passwords() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DELETE FROM directory.old_passwords WHERE id IN (
    SELECT o.id FROM (
      SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY id DESC) AS place FROM directory.old_passwords) o
    WHERE o.place > greatest(directory.compared_passwords() - 1, 0))
$$`;

const FUNCTIONS = 'directory.compared_passwords, directory.keep_old_password, directory.trim_old_passwords';

/** Keeps the hashes of earlier passwords while a policy compares new passwords with them (docs/adr/0110). */
export class OldPasswords1765584003000 implements MigrationInterface {
  name = 'OldPasswords1765584003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OLD_PASSWORDS);
    await runner.query('CREATE INDEX old_passwords_user ON directory.old_passwords (user_id, id)');
    for (const statement of [COUNT, KEEP, KEEP_TRIGGER, TRIM]) await runner.query(statement);
    await runner.query(`REVOKE ALL ON FUNCTION ${FUNCTIONS} FROM PUBLIC`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER users_old_password ON directory.users');
    await runner.query(`DROP FUNCTION ${FUNCTIONS}`);
    await runner.query('DROP TABLE directory.old_passwords');
  }
}
