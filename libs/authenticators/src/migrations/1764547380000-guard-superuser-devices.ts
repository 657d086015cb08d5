import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Returns whether the caller has the role that owns the tables. Commands of an operator have it; services do not. */
const RUNS_AS_OWNER = `
CREATE FUNCTION mfa.runs_as_owner() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = 'mfa.devices'::regclass
$$`;

/**
 * Raises an error for a superuser without a permit. The error has a constraint name, which distinguishes it from the
 * error of a missing Postgres grant.
 */
const REQUIRE_PERMIT = `
CREATE FUNCTION mfa.require_permit(of_user uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF directory.is_superuser(of_user) AND NOT directory.use_superuser_permit(of_user, 'mfa') THEN
    RAISE EXCEPTION 'a service may not set up a device of a superuser without a permit of the gateway'
      USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'superusers_guarded';
  END IF;
END $$`;

const GUARD_DEVICE = `
CREATE FUNCTION mfa.guard_device() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM mfa.require_permit(NEW.user_id);
  IF TG_OP = 'UPDATE' AND OLD.user_id <> NEW.user_id THEN PERFORM mfa.require_permit(OLD.user_id); END IF;
  RETURN NULL;
END $$`;

/**
 * Requires a permit for a code of a superuser. Fails (STRICT) when the device of the code is not visible to this
 * transaction.
 */
const GUARD_CODE = `
CREATE FUNCTION mfa.guard_code() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  owner uuid;
BEGIN
  SELECT d.user_id INTO STRICT owner FROM mfa.devices d WHERE d.id = NEW.device_id;
  PERFORM mfa.require_permit(owner);
  RETURN NULL;
END $$`;

/**
 * The triggers fire after the write, so that adding an existing device again (ON CONFLICT DO NOTHING) needs no second
 * permit. A delete, or a change of the name, the counter or the last use, needs no permit. The WHEN condition runs with
 * the rights of the caller; the trigger function runs with the rights of its owner.
 */
const TRIGGERS = `
CREATE TRIGGER devices_guarded AFTER INSERT OR UPDATE OF id, pk, user_id, kind, confirmed, handle, stage_id, facts, secret,
  created_at ON mfa.devices
FOR EACH ROW WHEN (NOT mfa.runs_as_owner()) EXECUTE FUNCTION mfa.guard_device();
CREATE TRIGGER codes_guarded AFTER INSERT OR UPDATE ON mfa.codes
FOR EACH ROW WHEN (NOT mfa.runs_as_owner()) EXECUTE FUNCTION mfa.guard_code()`;

const PRIVATE = 'REVOKE ALL ON FUNCTION mfa.require_permit, mfa.guard_device, mfa.guard_code FROM PUBLIC';

/** Requires a permit of the gateway when a service adds or replaces a superuser's device or code (docs/adr/0035). */
export class GuardSuperuserDevices1764547380000 implements MigrationInterface {
  name = 'GuardSuperuserDevices1764547380000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [RUNS_AS_OWNER, REQUIRE_PERMIT, GUARD_DEVICE, GUARD_CODE, TRIGGERS, PRIVATE]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER devices_guarded ON mfa.devices');
    await runner.query('DROP TRIGGER codes_guarded ON mfa.codes');
    await runner.query('DROP FUNCTION mfa.guard_device, mfa.guard_code, mfa.require_permit, mfa.runs_as_owner');
  }
}
