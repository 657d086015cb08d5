import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the table of the OAuth clients to which a session has signed in, and which a logout notifies in a frame of
 * the browser. Rows are deleted with their session.
 */
const TABLE = `
  CREATE TABLE flow.signed_in_applications (
    session_id uuid NOT NULL REFERENCES flow.sessions ON DELETE CASCADE,
    client_id text NOT NULL,
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, client_id)
  )`;

/**
 * Creates the function that deletes the rows of a client that was removed, or that has no front-channel logout URI any
 * more. The function runs as its owner, because the service `blueprints` may not read the table.
 */
const FORGET = `
  CREATE FUNCTION flow.forget_signed_in_applications() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
  BEGIN
    DELETE FROM flow.signed_in_applications a WHERE a.client_id = OLD.client_id AND NOT EXISTS (
      SELECT FROM flow.oauth_clients c WHERE c.client_id = OLD.client_id AND c.document ? 'frontchannel_logout_uri');
    RETURN NULL;
  END $$`;

/**
 * Creates the trigger as a deferred one: the transaction that publishes clients deletes a changed client and inserts it
 * again, so rows may be deleted only at its end.
 */
const TRIGGER = `
  CREATE CONSTRAINT TRIGGER oauth_clients_signed_in AFTER DELETE ON flow.oauth_clients
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flow.forget_signed_in_applications()`;

/** Creates the table of the applications to which sessions have signed in. */
export class SignedInApplications1766795820000 implements MigrationInterface {
  name = 'SignedInApplications1766795820000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
    await runner.query('CREATE INDEX signed_in_applications_client ON flow.signed_in_applications (client_id)');
    await runner.query(FORGET);
    await runner.query('REVOKE ALL ON FUNCTION flow.forget_signed_in_applications FROM PUBLIC');
    await runner.query(TRIGGER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER oauth_clients_signed_in ON flow.oauth_clients');
    await runner.query('DROP FUNCTION flow.forget_signed_in_applications');
    await runner.query('DROP TABLE flow.signed_in_applications');
  }
}
