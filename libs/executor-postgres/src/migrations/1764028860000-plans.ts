import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the tables of sessions, plans, attempts, reputation and the outbox (docs/spec/storage.md#tables). */
export class Plans1764028860000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE flow.outbox, flow.reputation, flow.attempts, flow.plans, flow.session_keys, flow.sessions',
    );
  }
}

const UP = [
  // ttl: the sliding lifetime; null for a session with a fixed lifetime.
  `CREATE TABLE flow.sessions (
     id uuid PRIMARY KEY,
     user_id uuid,
     user_epoch int,
     data jsonb NOT NULL DEFAULT '{}',
     ttl interval,
     expires_at timestamptz NOT NULL,
     seen_at timestamptz NOT NULL DEFAULT now()
   )`,
  'CREATE INDEX sessions_user ON flow.sessions (user_id) WHERE user_id IS NOT NULL',
  'CREATE INDEX sessions_expiry ON flow.sessions (expires_at)',
  // until: the time until which a retired key is recognised; null for the session's current key.
  `CREATE TABLE flow.session_keys (
     hash bytea PRIMARY KEY,
     session_id uuid NOT NULL REFERENCES flow.sessions ON DELETE CASCADE,
     until timestamptz
   )`,
  'CREATE INDEX session_keys_session ON flow.session_keys (session_id)',
  'CREATE INDEX session_keys_until ON flow.session_keys (until) WHERE until IS NOT NULL',
  `CREATE TABLE flow.plans (
     session_id uuid NOT NULL REFERENCES flow.sessions ON DELETE CASCADE,
     flow_id uuid NOT NULL,
     id uuid NOT NULL,
     revision int NOT NULL,
     version_id uuid NOT NULL,
     pending_user_id uuid,
     body bytea NOT NULL,
     expires_at timestamptz NOT NULL,
     PRIMARY KEY (session_id, flow_id)
   ) WITH (fillfactor = 70)`,
  'CREATE INDEX plans_expiry ON flow.plans (expires_at)',
  `CREATE TABLE flow.attempts (
     subject bytea NOT NULL,
     credential text NOT NULL,
     failures int NOT NULL,
     free_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     free int NOT NULL,
     hard int,
     forget_after interval,
     PRIMARY KEY (subject, credential)
   ) WITH (fillfactor = 70)`,
  `CREATE TABLE flow.reputation (
     identifier text NOT NULL,
     ip inet NOT NULL,
     score int NOT NULL,
     expires_at timestamptz NOT NULL,
     PRIMARY KEY (identifier, ip)
   )`,
  'CREATE INDEX reputation_expiry ON flow.reputation (expires_at)',
  `CREATE TABLE flow.outbox (
     id uuid PRIMARY KEY,
     topic text NOT NULL,
     body bytea NOT NULL,
     due_at timestamptz NOT NULL,
     tries int NOT NULL DEFAULT 0,
     parked_at timestamptz,
     error text
   )`,
  'CREATE INDEX outbox_due ON flow.outbox (due_at) WHERE parked_at IS NULL',
];
