import { createIndexConcurrently, dropIndexConcurrently, setNotNull, updateInBatches } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The address that the user has proved to own, or that an administrator has set. It counts only while `email` is the
 * same address, so any change of `email`, also by an older service, ends the verification. The default applies to new
 * rows; existing rows are null until `EXISTING` fills them.
 */
const COLUMN = `
ALTER TABLE directory.users ADD COLUMN IF NOT EXISTS verified_email varchar(254),
  ALTER COLUMN verified_email SET DEFAULT ''`;

/** Accounts from before verifications were recorded count as verified if they are active. */
const EXISTING = `
WITH batch AS (
  SELECT max(pk) AS last FROM (SELECT pk FROM directory.users WHERE pk > $1 ORDER BY pk LIMIT $2) page),
updated AS (
  UPDATE directory.users u SET verified_email = CASE WHEN u.is_active THEN u.email ELSE '' END
  FROM batch b WHERE u.pk > $1 AND u.pk <= b.last AND u.verified_email IS NULL)
SELECT last FROM batch`;

/**
 * Creates the function that ranks accounts with the same email address. A lookup by this address finds the account with
 * the lowest rank (docs/spec/directory.md#lookup).
 */
const RANK = `
CREATE OR REPLACE FUNCTION directory.email_rank(is_active boolean, email text, verified_email text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN lower(email) = lower(verified_email) THEN CASE WHEN is_active THEN 0 ELSE 2 END
              WHEN is_active THEN 3 ELSE 4 END
$$`;

/**
 * The indexes contain the rank, so that a lookup reads two rows at most, even if an attacker has enrolled many accounts
 * with one address. They replace the indexes on the address alone. Older services use them too.
 */
const INDEXES = {
  users_email_rank_ci: '(lower(email), directory.email_rank(is_active, email, verified_email))',
  users_email_rank: '(email, directory.email_rank(is_active, email, verified_email))',
};

const PREVIOUS_INDEXES = `
CREATE INDEX users_email_ci ON directory.users (lower(email));
CREATE INDEX users_email ON directory.users (email);
DROP INDEX directory.users_email_rank_ci, directory.users_email_rank`;

/**
 * Creates the function that records the address of a user as verified if it is still the user's address. Services can
 * verify an address, also of a superuser, but cannot end a verification.
 */
const VERIFY = `
CREATE OR REPLACE FUNCTION directory.verify_email(of_user uuid, address text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE directory.users SET verified_email = email
  WHERE id = of_user AND lower(email) = lower(address) AND email <> '' AND verified_email <> email
$$;
REVOKE ALL ON FUNCTION directory.verify_email FROM PUBLIC`;

const GUARDED = `id, pk, username, name, email, is_active, password_hash, type, path, attributes, epoch, date_joined,
  password_changed_at, awaits_flow`;

/** Replaces the trigger that guards superusers (docs/adr/0035), because a trigger lists the columns that it guards. */
const guard = (columns: string) => `
CREATE OR REPLACE TRIGGER users_guarded BEFORE DELETE OR UPDATE OF ${columns} ON directory.users
FOR EACH ROW WHEN (NOT directory.runs_as_owner()) EXECUTE FUNCTION directory.guard_superuser()`;

/** Records which email addresses are verified, so that an unverified account cannot shadow another account. */
export class VerifiedEmails1764633600000 implements MigrationInterface {
  name = 'VerifiedEmails1764633600000';

  transaction = false;

  /** Each step can be repeated, because an interrupted migration runs again from its first step. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMN);
    await updateInBatches(runner, EXISTING);
    await setNotNull(runner, { table: 'directory.users', column: 'verified_email' });
    for (const statement of [RANK, VERIFY, guard(`${GUARDED}, verified_email`)]) await runner.query(statement);
    for (const [name, columns] of Object.entries(INDEXES))
      await createIndexConcurrently(runner, { name: `directory.${name}`, on: `directory.users ${columns}` });
    for (const name of ['users_email_ci', 'users_email']) await dropIndexConcurrently(runner, `directory.${name}`);
    await runner.query(`CREATE OR REPLACE VIEW directory.identities AS ${IDENTITIES}, ${VERIFIED} ${FROM_USERS}`);
  }

  /** Postgres can add a column to a view in place, but cannot remove one. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW directory.identities');
    await runner.query(`CREATE VIEW directory.identities AS ${IDENTITIES} ${FROM_USERS}`);
    for (const statement of [guard(GUARDED), PREVIOUS_INDEXES]) await runner.query(statement);
    await runner.query('DROP FUNCTION directory.verify_email, directory.email_rank');
    await runner.query('ALTER TABLE directory.users DROP COLUMN verified_email');
  }
}

const IDENTITIES = `
SELECT u.id, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.type,
  CASE WHEN jsonb_typeof(u.attributes->'avatar') = 'string' THEN u.attributes->>'avatar' END AS avatar,
  CASE WHEN jsonb_typeof(u.attributes#>'{settings,locale}') = 'string'
       THEN u.attributes#>>'{settings,locale}' ELSE '' END AS locale,
  CASE WHEN jsonb_typeof(u.attributes->'settings') = 'object' THEN u.attributes->'settings' ELSE '{}' END AS settings,
  directory.is_superuser(u.id) AS is_superuser,
  directory.is_debugged(u.id, u.attributes) AS debug,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('pk', g.id, 'name', g.name) ORDER BY g.name, g.id), '[]')
   FROM directory.groups_of(u.id) g WHERE g.direct) AS groups,
  ARRAY(SELECT g.id FROM directory.groups_of(u.id) g) AS group_ids`;
const VERIFIED = `directory.email_rank(u.is_active, u.email, u.verified_email) AS email_rank`;
const FROM_USERS = 'FROM directory.users u';
