import type { MigrationInterface, QueryRunner } from 'typeorm';

const connect = (guard: string) => `
CREATE OR REPLACE FUNCTION identification.connect(of_source uuid, of_identifier text, of_user uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM identification.sources s WHERE s.id = of_source)
    OR NOT EXISTS (SELECT FROM directory.users u WHERE u.id = of_user) THEN
    RETURN 'taken';
  END IF;
  ${guard}
  INSERT INTO identification.connections AS c (source_id, identifier, user_id)
  VALUES (of_source, of_identifier, of_user)
  ON CONFLICT (source_id, identifier) DO UPDATE SET user_id = excluded.user_id, created_at = now()
  WHERE NOT EXISTS (SELECT FROM directory.users u WHERE u.id = c.user_id);
  IF FOUND THEN RETURN 'new'; END IF;
  IF EXISTS (SELECT FROM identification.connections c
             WHERE c.source_id = of_source AND c.identifier = of_identifier AND c.user_id = of_user) THEN
    RETURN 'kept';
  END IF;
  RETURN 'taken';
END $$`;

/**
 * Consumes the permit before the outcome is known, so that no unused permit remains. Other guards share the constraint
 * name.
 */
const GUARD = `
  IF directory.is_superuser(of_user) AND NOT directory.use_superuser_permit(of_user, 'identification') THEN
    RAISE EXCEPTION 'a service may not connect a superuser with a source without a permit of the gateway'
      USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'superusers_guarded';
  END IF;`;

/** Requires a permit of the gateway to connect a superuser with an account of a source (docs/adr/0035). */
export class GuardSuperuserConnections1764547380000 implements MigrationInterface {
  name = 'GuardSuperuserConnections1764547380000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(connect(GUARD));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(connect(''));
  }
}
