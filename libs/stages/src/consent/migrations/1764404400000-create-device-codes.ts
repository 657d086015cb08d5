import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Hides the codes that people type, which are too short to be hidden by a hash alone; only this schema's owner reads it. */
const KEY = `
CREATE TABLE consent.code_keys (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  key bytea NOT NULL
)`;
/** Two random uuids hold 244 random bits. */
const DRAWN = `
INSERT INTO consent.code_keys (key) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))`;

/** Codes of devices that wait for somebody to let them in. */
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
const OVER = 'CREATE INDEX device_codes_expires ON consent.device_codes (expires)';
const WAITING = 'CREATE INDEX device_codes_claimed ON consent.device_codes (claimed_by) WHERE claimed_by IS NOT NULL';

/** What devices were given, by hash. */
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
const SPENT = 'CREATE INDEX access_tokens_expires ON consent.access_tokens (expires)';
const GIVEN = 'CREATE INDEX access_tokens_user ON consent.access_tokens (user_id, application_id)';

/** Where devices wait to be let in, and what they are given. */
export class CreateDeviceCodes1764404400000 implements MigrationInterface {
  name = 'CreateDeviceCodes1764404400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [KEY, DRAWN, CODES, OVER, WAITING, TOKENS, SPENT, GIVEN]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE consent.access_tokens, consent.device_codes, consent.code_keys');
  }
}
