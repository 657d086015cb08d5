import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the function that tells policies whether a password of a user can be verified. `directory.has_password` is
 * also true for a user who once had a password.
 */
const HAS_USABLE_PASSWORD = `
CREATE FUNCTION directory.has_usable_password(of_user uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT EXISTS (SELECT FROM directory.users u WHERE u.id = of_user AND directory.is_usable_hash(u.password_hash))
$$`;

/** Returns the function by which policies expire a password, with the text that it stores instead of the hash. */
const expirePassword = ({ stores, where }: { readonly stores: string; readonly where: string }) => `
CREATE OR REPLACE FUNCTION directory.expire_password(of_user uuid, unless_changed_since timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE directory.users SET password_hash = '${stores}'
  WHERE id = of_user${where} AND date_trunc('milliseconds', password_changed_at) <= unless_changed_since
$$`;

/** Returns the trigger that keeps a replaced hash. `isRemoved` is SQL that is true if no new hash replaces it. */
const keepTrigger = (isRemoved: string) => `
CREATE OR REPLACE TRIGGER users_old_password AFTER UPDATE OF password_hash ON directory.users
FOR EACH ROW WHEN (directory.is_usable_hash(OLD.password_hash)
  AND (${isRemoved} OR NEW.password_changed_at <> OLD.password_changed_at))
EXECUTE FUNCTION directory.keep_old_password()`;

/**
 * Stores `!` for an expired password, so that its user still counts as one who had a password. Otherwise, an expired
 * password of the only superuser would open the set-up again (docs/adr/0101). A user who never had a password is not
 * changed.
 */
export class UnusablePasswords1766191380000 implements MigrationInterface {
  name = 'UnusablePasswords1766191380000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(HAS_USABLE_PASSWORD);
    await runner.query('REVOKE ALL ON FUNCTION directory.has_usable_password FROM PUBLIC');
    await runner.query(keepTrigger('NOT directory.is_usable_hash(NEW.password_hash)'));
    await runner.query(expirePassword({ stores: '!', where: ` AND password_hash <> ''` }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(expirePassword({ stores: '', where: '' }));
    await runner.query(keepTrigger(`NEW.password_hash = ''`));
    await runner.query('DROP FUNCTION directory.has_usable_password');
  }
}
