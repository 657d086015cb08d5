import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the function that returns whether the caller's role owns the directory. The commands of an operator run as
 * the owner, services do not.
 */
const RUNS_AS_OWNER = `
CREATE FUNCTION directory.runs_as_owner() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = 'directory.users'::regclass
$$`;

/**
 * Creates the function that marks the user's permit as used by this transaction, and returns whether a permit was
 * valid. It reads clock_timestamp() and not now(), so that a transaction that is held open cannot extend a permit.
 */
const USE_PERMIT = `
CREATE FUNCTION directory.use_superuser_permit(of_user uuid) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog AS $$
  WITH used AS (
    UPDATE directory.superuser_permits p SET used_by = pg_current_xact_id()
    WHERE p.user_id = of_user AND p.expires_at > clock_timestamp()
      AND (p.used_by IS NULL OR p.used_by = pg_current_xact_id())
    RETURNING p.user_id)
  SELECT EXISTS (SELECT FROM used)
$$`;

/** Error code and constraint of every refusal. The constraint name distinguishes the refusal from a missing grant. */
const REFUSED = `USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'superusers_guarded'`;

const GUARD = `
CREATE FUNCTION directory.guard_superuser() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF directory.is_superuser(OLD.id) AND NOT directory.use_superuser_permit(OLD.id) THEN
    RAISE EXCEPTION 'a service may not change or delete a superuser without a permit of the gateway' ${REFUSED};
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$`;

/**
 * Fires for all columns except last_login, which the courier writes. The WHEN condition runs as the caller, the trigger
 * function as the owner of the directory.
 */
const TRIGGER = `
CREATE TRIGGER users_guarded BEFORE DELETE OR UPDATE OF id, pk, username, name, email, is_active, password_hash, type, path,
  attributes, epoch, date_joined, password_changed_at, awaits_flow ON directory.users
FOR EACH ROW WHEN (NOT directory.runs_as_owner()) EXECUTE FUNCTION directory.guard_superuser()`;

/**
 * Creates the function that adds a user to the groups with these ids or names. It skips unknown groups and groups that
 * the user is in.
 */
const JOIN_GROUPS = `
CREATE FUNCTION directory.join_groups(of_user uuid, ids text[], names text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  added uuid[] := ARRAY(
    SELECT g.id FROM directory.groups g
    WHERE (g.id::text = ANY (ids) OR g.name = ANY (names))
      AND NOT EXISTS (SELECT FROM directory.user_groups ug WHERE ug.user_id = of_user AND ug.group_id = g.id));
BEGIN
  IF added = '{}' THEN RETURN; END IF;
  IF EXISTS (SELECT FROM unnest(added) a (id) WHERE directory.makes_superuser(a.id)) THEN
    RAISE EXCEPTION 'a service may not add users to a group that makes superusers' ${REFUSED};
  END IF;
  IF directory.is_superuser(of_user) AND NOT directory.use_superuser_permit(of_user) THEN
    RAISE EXCEPTION 'a service may not add a superuser to groups without a permit of the gateway' ${REFUSED};
  END IF;
  INSERT INTO directory.user_groups (user_id, group_id) SELECT of_user, a.id FROM unnest(added) a (id)
  ON CONFLICT DO NOTHING;
END $$`;

const PRIVATE =
  'REVOKE ALL ON FUNCTION directory.use_superuser_permit, directory.guard_superuser, directory.join_groups FROM PUBLIC';

/**
 * Prevents services from changing superusers without a permit, and from adding users to a group that makes its members
 * superusers (docs/adr/0035).
 */
export class GuardSuperusers1764547260000 implements MigrationInterface {
  name = 'GuardSuperusers1764547260000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [RUNS_AS_OWNER, USE_PERMIT, GUARD, TRIGGER, JOIN_GROUPS, PRIVATE]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER users_guarded ON directory.users');
    await runner.query(
      'DROP FUNCTION directory.join_groups, directory.guard_superuser, directory.use_superuser_permit, directory.runs_as_owner',
    );
  }
}
