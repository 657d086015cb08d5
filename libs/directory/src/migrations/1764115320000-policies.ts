import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the function that tells policies whether a user has a password. It runs with the rights of its owner, because
 * the policy service may not read hashes.
 */
const HAS_PASSWORD = `
CREATE FUNCTION directory.has_password(of_user uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT EXISTS (SELECT FROM directory.users u WHERE u.id = of_user AND u.password_hash <> '')
$$`;

/** Creates the function by which policies delete a password that was not changed since the given time. */
const EXPIRE_PASSWORD = `
CREATE FUNCTION directory.expire_password(of_user uuid, unless_changed_since timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE directory.users SET password_hash = ''
  WHERE id = of_user AND date_trunc('milliseconds', password_changed_at) <= unless_changed_since
$$`;

/** Only roles with an explicit grant may call the functions. */
const PRIVATE = 'REVOKE ALL ON FUNCTION directory.has_password, directory.expire_password FROM PUBLIC';

/** Creates the functions of the policy service. */
export class Policies1764115320000 implements MigrationInterface {
  name = 'Policies1764115320000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [HAS_PASSWORD, EXPIRE_PASSWORD, PRIVATE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION directory.has_password, directory.expire_password');
  }
}
