import { createIndexConcurrently, setNotNull, updateInBatches } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { claimUsernameKeys } from '../username-key.repository.js';

const COLUMN = 'ALTER TABLE directory.users ADD COLUMN IF NOT EXISTS username_key text';

/** Writes the keys of existing accounts: their usernames in lower case, which are unique already. */
const EXISTING = `
WITH batch AS (
  SELECT max(pk) AS last FROM (SELECT pk FROM directory.users WHERE pk > $1 ORDER BY pk LIMIT $2) page),
updated AS (
  UPDATE directory.users u SET username_key = lower(u.username)
  FROM batch b WHERE u.pk > $1 AND u.pk <= b.last AND u.username_key IS NULL)
SELECT last FROM batch`;

const INDEX = { name: 'directory.users_username_key', on: 'directory.users (username_key)', unique: true };

/**
 * Creates the triggers that derive the key from the username if a statement does not set it: services of the previous
 * version do not know the column.
 */
const TRIGGERS = `
CREATE OR REPLACE FUNCTION directory.derive_username_key() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.username_key := lower(NEW.username);
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER users_named BEFORE INSERT ON directory.users
FOR EACH ROW WHEN (NEW.username_key IS NULL) EXECUTE FUNCTION directory.derive_username_key();
CREATE OR REPLACE TRIGGER users_renamed BEFORE UPDATE OF username ON directory.users
FOR EACH ROW WHEN (NEW.username <> OLD.username AND NEW.username_key = OLD.username_key)
EXECUTE FUNCTION directory.derive_username_key()`;

const GUARDED = `id, pk, username, name, email, is_active, password_hash, type, path, attributes, epoch, date_joined,
  password_changed_at, awaits_flow, verified_email`;

/**
 * Returns the statement that replaces the trigger that guards superusers (docs/adr/0035). The trigger lists the columns
 * that it guards, so a new column must be added to the list.
 */
const guard = (columns: string) => `
CREATE OR REPLACE TRIGGER users_guarded BEFORE DELETE OR UPDATE OF ${columns} ON directory.users
FOR EACH ROW WHEN (NOT directory.runs_as_owner()) EXECUTE FUNCTION directory.guard_superuser()`;

/**
 * Makes usernames unique by their key, so that no new username is another spelling of an existing one (docs/adr/0043).
 */
export class UsernameKeys1764633840000 implements MigrationInterface {
  name = 'UsernameKeys1764633840000';

  transaction = false;

  /** Each step can be repeated, because an interrupted migration runs again from its first step. */
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [COLUMN, TRIGGERS, guard(`${GUARDED}, username_key`)]) await runner.query(statement);
    await updateInBatches(runner, EXISTING);
    await setNotNull(runner, { table: 'directory.users', column: 'username_key' });
    await createIndexConcurrently(runner, INDEX);
    await claimUsernameKeys(runner.manager);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      guard(GUARDED),
      'DROP TRIGGER users_named ON directory.users',
      'DROP TRIGGER users_renamed ON directory.users',
      'DROP FUNCTION directory.derive_username_key',
      'ALTER TABLE directory.users DROP COLUMN username_key',
    ])
      await runner.query(statement);
  }
}
