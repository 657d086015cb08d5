import { createIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The formats of hashes that can verify a password, as in `directory.is_usable_hash`. */
const IS_USABLE = `password_hash ~ '^(argon2\\$argon2id|\\$argon2id|pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256|scrypt)\\$'`;

/** The position of a user in `password_ring`. It is a digest, because imported ids need not be random. */
const POSITION = 'substr(sha256(uuid_send(id)), 1, 8)';

/** The index holds usable hashes only, so that a lookup never has to skip users without a password. */
const INDEX = {
  name: 'directory.users_password_ring',
  on: `directory.users ((${POSITION})) WHERE ${IS_USABLE}`,
};

/** Creates the view of all usable hashes by position. A query that orders by position reads the index. */
const RING = `
CREATE OR REPLACE VIEW directory.password_ring AS
SELECT ${POSITION} AS position, password_hash FROM directory.users WHERE ${IS_USABLE}`;

/** Creates the key with which all replicas of the password service compute the positions of names. */
const KEY = `
CREATE TABLE IF NOT EXISTS directory.password_ring_key (
  key bytea NOT NULL,
  single boolean PRIMARY KEY DEFAULT true CHECK (single)
);
INSERT INTO directory.password_ring_key (key) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
ON CONFLICT DO NOTHING`;

/**
 * Creates the ring of password hashes. For a name without a usable hash, the password service checks the next hash on
 * the ring instead, so that the check takes as long as for a user with a password (docs/adr/0042).
 */
export class StandInHashes1764633780000 implements MigrationInterface {
  name = 'StandInHashes1764633780000';

  transaction = false;

  /** Each step can be repeated, because an interrupted migration runs again from its first step. */
  async up(runner: QueryRunner): Promise<void> {
    await createIndexConcurrently(runner, INDEX);
    for (const statement of [RING, KEY]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW directory.password_ring');
    await runner.query('DROP TABLE directory.password_ring_key');
    await runner.query('DROP INDEX directory.users_password_ring');
  }
}
