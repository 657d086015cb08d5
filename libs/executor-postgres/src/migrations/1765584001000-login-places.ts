import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the table of the last logins of each user, for policies that compare a login with earlier ones. It stores a
 * coarse place and the name of the browser, but not the address or the user agent (docs/adr/0109).
 */
const LOGIN_PLACES = `
  CREATE TABLE flow.login_places (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL,
    at timestamptz(0) NOT NULL DEFAULT now(),
    country text,
    latitude numeric(3, 1),
    longitude numeric(4, 1),
    device text NOT NULL,
    expires_at timestamptz NOT NULL
  )`;

/**
 * Creates the function that returns whether a policy in the blueprints reads this table. It runs as its owner, because
 * the gateway may not read blueprint objects. plpgsql keeps the plan of its query for the connection.
 */
const NEEDED = `
  CREATE FUNCTION flow.needs_login_places() RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  BEGIN
    RETURN EXISTS (
      SELECT FROM flow.objects o
      WHERE o.model = 'gatehouse_policies.riskpolicy'
        OR (o.model = 'authentik_policies_geoip.geoippolicy'
          AND 'true'::jsonb IN (o.attrs->'check_history_distance', o.attrs->'check_impossible_travel')));
  END $$`;

/** Creates the table of the last logins of users. */
export class LoginPlaces1765584001000 implements MigrationInterface {
  name = 'LoginPlaces1765584001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LOGIN_PLACES);
    await runner.query('CREATE INDEX login_places_user ON flow.login_places (user_id, id)');
    await runner.query('CREATE INDEX login_places_expired ON flow.login_places (expires_at)');
    await runner.query(NEEDED);
    await runner.query('REVOKE ALL ON FUNCTION flow.needs_login_places FROM PUBLIC');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION flow.needs_login_places');
    await runner.query('DROP TABLE flow.login_places');
  }
}
