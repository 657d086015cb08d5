import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Holds at most one row for each superuser, so that expired permits need no cleanup. */
const PERMITS = `
CREATE TABLE directory.superuser_permits (
  user_id uuid PRIMARY KEY REFERENCES directory.users ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  -- The transaction that used the permit. A permit covers every statement of one transaction.
  used_by xid8
)`;

/**
 * Creates the function by which the gateway permits the change of a superuser for 30 seconds. It does nothing for a
 * user who is not a superuser.
 */
const PERMIT = `
CREATE FUNCTION directory.permit_superuser(of_user uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  INSERT INTO directory.superuser_permits (user_id, expires_at)
  SELECT of_user, clock_timestamp() + interval '30 seconds' WHERE directory.is_superuser(of_user)
  ON CONFLICT (user_id) DO UPDATE SET expires_at = excluded.expires_at, used_by = NULL
$$`;

const PRIVATE = 'REVOKE ALL ON FUNCTION directory.permit_superuser FROM PUBLIC';

/** Creates the table of the gateway's permits for stages that change or delete a superuser (docs/adr/0035). */
export class SuperuserPermits1764547200000 implements MigrationInterface {
  name = 'SuperuserPermits1764547200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [PERMITS, PERMIT, PRIVATE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION directory.permit_superuser');
    await runner.query('DROP TABLE directory.superuser_permits');
  }
}
