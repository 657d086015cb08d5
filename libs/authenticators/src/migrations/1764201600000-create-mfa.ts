import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables of devices, their codes and the message quotas. A `pk` is unique across all kinds of devices. Secrets are
 * sealed, and codes are keyed digests.
 */
const TABLES = `
CREATE TABLE mfa.devices (
  id uuid PRIMARY KEY,
  pk integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  user_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('duo', 'sms', 'static', 'totp', 'webauthn')),
  name varchar(64) NOT NULL,
  confirmed boolean NOT NULL DEFAULT true,
  handle text,
  stage_id uuid,
  counter bigint NOT NULL DEFAULT -1,
  facts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(facts) = 'object'),
  secret bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  UNIQUE (kind, handle)
);
CREATE INDEX devices_user ON mfa.devices (user_id);
CREATE TABLE mfa.codes (
  device_id uuid REFERENCES mfa.devices ON DELETE CASCADE,
  digest bytea,
  PRIMARY KEY (device_id, digest)
);
CREATE TABLE mfa.sends (
  subject bytea PRIMARY KEY,
  sent_at timestamptz NOT NULL,
  since timestamptz NOT NULL,
  sent integer NOT NULL
)`;

/** The view through which other services read devices without secrets. It reads with the rights of its owner. */
const VIEW = `
CREATE VIEW mfa.owned_devices AS
SELECT d.pk, d.user_id, d.kind, d.name, d.facts, d.stage_id, d.created_at, d.updated_at, d.last_used_at
FROM mfa.devices d WHERE d.confirmed`;

/** The functions through which other services query and change devices. They run with the rights of their owner. */
const FUNCTIONS = `
CREATE FUNCTION mfa.has_device(of_user uuid, of_kind text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT EXISTS (SELECT FROM mfa.devices d
    WHERE d.user_id = of_user AND d.confirmed AND (of_kind IS NULL OR d.kind = of_kind))
$$;
CREATE FUNCTION mfa.rename_device(of_user uuid, of_kind text, of_pk integer, new_name text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH renamed AS (UPDATE mfa.devices SET name = new_name, updated_at = now()
    WHERE user_id = of_user AND kind = of_kind AND pk = of_pk AND confirmed RETURNING 1)
  SELECT EXISTS (SELECT FROM renamed)
$$;
CREATE FUNCTION mfa.remove_device(of_user uuid, of_kind text, of_pk integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH removed AS (DELETE FROM mfa.devices
    WHERE user_id = of_user AND kind = of_kind AND pk = of_pk AND confirmed RETURNING 1)
  SELECT EXISTS (SELECT FROM removed)
$$;
REVOKE ALL ON FUNCTION mfa.has_device, mfa.rename_device, mfa.remove_device FROM PUBLIC`;

/** Creates the tables of devices, their codes and the message quotas, and the view and functions for other services. */
export class CreateMfa1764201600000 implements MigrationInterface {
  name = 'CreateMfa1764201600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [TABLES, VIEW, FUNCTIONS]) await runner.query(statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION mfa.has_device, mfa.rename_device, mfa.remove_device');
    await runner.query('DROP VIEW mfa.owned_devices');
    await runner.query('DROP TABLE mfa.sends, mfa.codes, mfa.devices');
  }
}
