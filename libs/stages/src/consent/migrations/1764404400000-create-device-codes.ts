import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Table of the key that hashes user codes, which are too short for a hash without a key. Only the owner of the schema
 * can read this table.
 */
const KEY = `
CREATE TABLE consent.code_keys (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  key bytea NOT NULL
)`;
/** Inserts the key. Two random UUIDs have 244 random bits. */
const INSERT_KEY = `
INSERT INTO consent.code_keys (key) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))`;

/** Table of the codes of devices that wait for approval or for their token. */
const CODES = `
CREATE TABLE consent.device_codes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  device_hash bytea NOT NULL UNIQUE,
  user_hash bytea NOT NULL UNIQUE,
  client_id text NOT NULL,
  application_id uuid NOT NULL,
  scopes text[] NOT NULL,
  expires timestamptz NOT NULL,
  interval_s int NOT NULL,
  next_poll_at timestamptz NOT NULL DEFAULT now(),
  claimed_by uuid,
  approved_epoch int,
  refused boolean NOT NULL DEFAULT false
)`;
const CODES_BY_EXPIRY = 'CREATE INDEX device_codes_expires ON consent.device_codes (expires)';
const CODES_BY_USER =
  'CREATE INDEX device_codes_claimed ON consent.device_codes (claimed_by) WHERE claimed_by IS NOT NULL';

/** Table of the access tokens of devices. The primary key is the hash of the token. */
const TOKENS = `
CREATE TABLE consent.access_tokens (
  hash bytea PRIMARY KEY,
  user_id uuid NOT NULL,
  user_epoch int NOT NULL,
  client_id text NOT NULL,
  application_id uuid NOT NULL,
  scopes text[] NOT NULL,
  expires timestamptz NOT NULL
)`;
const TOKENS_BY_EXPIRY = 'CREATE INDEX access_tokens_expires ON consent.access_tokens (expires)';
const TOKENS_BY_USER = 'CREATE INDEX access_tokens_user ON consent.access_tokens (user_id, application_id)';

/** Creates the tables of device codes and access tokens. */
export class CreateDeviceCodes1764404400000 implements MigrationInterface {
  name = 'CreateDeviceCodes1764404400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      KEY,
      INSERT_KEY,
      CODES,
      CODES_BY_EXPIRY,
      CODES_BY_USER,
      TOKENS,
      TOKENS_BY_EXPIRY,
      TOKENS_BY_USER,
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE consent.access_tokens, consent.device_codes, consent.code_keys');
  }
}
