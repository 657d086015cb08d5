import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Allows at most one permit for each superuser and service, so that expired permits need no cleanup. */
const SERVICES = `
ALTER TABLE directory.superuser_permits ADD COLUMN service text NOT NULL DEFAULT 'enrollment',
  DROP CONSTRAINT superuser_permits_pkey, ADD PRIMARY KEY (user_id, service)`;

const ONE_SERVICE = `
DELETE FROM directory.superuser_permits;
ALTER TABLE directory.superuser_permits DROP CONSTRAINT superuser_permits_pkey, ADD PRIMARY KEY (user_id),
  DROP COLUMN service`;

const DROP = (parameters: string) => `
DROP FUNCTION directory.permit_superuser(${parameters});
DROP FUNCTION directory.use_superuser_permit(${parameters})`;

/** The service has a default, because gateways and triggers of the previous version pass no service. */
const PARAMETERS = `of_user uuid, of_service text DEFAULT 'enrollment'`;

/**
 * Returns the statements that create the functions for permits. `service` has the parts of the SQL that name the
 * service of a permit; they are empty for permits that are valid for every service.
 */
const functions = (parameters: string, service: { column: string; value: string; key: string; is: string }) => `
CREATE FUNCTION directory.permit_superuser(${parameters}) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  INSERT INTO directory.superuser_permits (user_id${service.column}, expires_at)
  SELECT of_user${service.value}, clock_timestamp() + interval '30 seconds' WHERE directory.is_superuser(of_user)
  ON CONFLICT (user_id${service.key}) DO UPDATE SET expires_at = excluded.expires_at, used_by = NULL
$$;
CREATE FUNCTION directory.use_superuser_permit(${parameters}) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog AS $$
  WITH used AS (
    UPDATE directory.superuser_permits p SET used_by = pg_current_xact_id()
    WHERE p.user_id = of_user${service.is} AND p.expires_at > clock_timestamp()
      AND (p.used_by IS NULL OR p.used_by = pg_current_xact_id())
    RETURNING p.user_id)
  SELECT EXISTS (SELECT FROM used)
$$;
REVOKE ALL ON FUNCTION directory.permit_superuser, directory.use_superuser_permit FROM PUBLIC`;

const FOR_A_SERVICE = {
  column: ', service',
  value: ', of_service',
  key: ', service',
  is: ' AND p.service = of_service',
};
const FOR_ANY = { column: '', value: '', key: '', is: '' };

/** Limits a permit to the service whose stage the gateway is about to ask (docs/adr/0035). */
export class PermitsOfServices1764547380000 implements MigrationInterface {
  name = 'PermitsOfServices1764547380000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [DROP('uuid'), SERVICES, functions(PARAMETERS, FOR_A_SERVICE)])
      await runner.query(statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statements of [DROP('uuid, text'), ONE_SERVICE, functions('of_user uuid', FOR_ANY)])
      await runner.query(statements);
  }
}
