import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What policies may know of a password hash: whether there is one. Runs as its owner, whoever asks. */
const HAS_PASSWORD = `
CREATE FUNCTION directory.has_password(of_user uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT EXISTS (SELECT FROM directory.users u WHERE u.id = of_user AND u.password_hash <> '')
$$`;

/** And what they may do to one: take it away, unless it was changed since. */
const EXPIRE_PASSWORD = `
CREATE FUNCTION directory.expire_password(of_user uuid, unless_changed_since timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE directory.users SET password_hash = ''
  WHERE id = of_user AND date_trunc('milliseconds', password_changed_at) <= unless_changed_since
$$`;

/** Nobody may call them who is not granted it. */
const PRIVATE = 'REVOKE ALL ON FUNCTION directory.has_password, directory.expire_password FROM PUBLIC';

/** What the policy service needs of the directory beyond reading it. */
export class Policies1764115320000 implements MigrationInterface {
  name = 'Policies1764115320000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [HAS_PASSWORD, EXPIRE_PASSWORD, PRIVATE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION directory.has_password, directory.expire_password');
  }
}
