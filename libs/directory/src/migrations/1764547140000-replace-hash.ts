import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the function that returns whether a hash has the current format and cost. The cost equals the cost in
 * `argon2-hash.ts`: a change there needs a migration here.
 */
const IS_CURRENT_HASH = `
CREATE FUNCTION directory.is_current_hash(hash text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
  SELECT hash ~ '^\\$argon2id\\$v=19\\$m=19456,t=2,p=1\\$[A-Za-z0-9+/]{22,86}\\$[A-Za-z0-9+/]{43,86}$'
$$`;

/**
 * Creates the function that returns whether a hash has a format that can verify a password. It returns false for an
 * empty or unusable hash.
 */
const IS_USABLE_HASH = `
CREATE FUNCTION directory.is_usable_hash(hash text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
  SELECT hash ~ '^(argon2\\$argon2id|\\$argon2id|pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256|scrypt)\\$'
$$`;

/**
 * Creates the function that replaces the hash `outdated` by `current` if the stored hash still is `outdated`
 * (compare-and-set). It never changes a superuser. `replaced` is the updated row.
 */
const REPLACE_HASH = `
CREATE FUNCTION directory.replace_hash(of_user uuid, outdated text, current text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH replaced AS (
    UPDATE directory.users u SET password_hash = current
    WHERE u.id = of_user AND u.is_active AND u.password_hash = outdated
      AND directory.is_usable_hash(outdated) AND NOT directory.is_current_hash(outdated)
      AND directory.is_current_hash(current) AND NOT directory.is_superuser(u.id)
    RETURNING u.id)
  SELECT EXISTS (SELECT FROM replaced)
$$`;

const PRIVATE = 'REVOKE ALL ON FUNCTION directory.replace_hash FROM PUBLIC';

/** Creates the function that is the password service's only way to change a hash (docs/adr/0035). */
export class ReplaceHash1764547140000 implements MigrationInterface {
  name = 'ReplaceHash1764547140000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [IS_CURRENT_HASH, IS_USABLE_HASH, REPLACE_HASH, PRIVATE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION directory.replace_hash, directory.is_usable_hash, directory.is_current_hash');
  }
}
