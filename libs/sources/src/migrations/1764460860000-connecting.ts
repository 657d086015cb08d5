import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Connects a user with an account of a source. Returns `new`, `kept` when they are connected already, or `taken` when
 * the account belongs to another user. Replaces the connection of a deleted user. In READ COMMITTED each statement sees
 * the commits of concurrent transactions, so that only one of two concurrent calls for an account returns `new`.
 */
const CONNECT = `
CREATE FUNCTION identification.connect(of_source uuid, of_identifier text, of_user uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM identification.sources s WHERE s.id = of_source)
    OR NOT EXISTS (SELECT FROM directory.users u WHERE u.id = of_user) THEN
    RETURN 'taken';
  END IF;
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

/** Allows only roles with a grant to call the function. */
const PRIVATE = 'REVOKE ALL ON FUNCTION identification.connect FROM PUBLIC';

/** Creates `identification.connect`, the only function that writes connections. */
export class Connecting1764460860000 implements MigrationInterface {
  name = 'Connecting1764460860000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [CONNECT, PRIVATE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION identification.connect');
  }
}
