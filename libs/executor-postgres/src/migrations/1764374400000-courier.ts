import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds the creation time of an outbox row, indexes for couriers, and the table that counts mails per address. */
export class Courier1764374400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  'ALTER TABLE flow.outbox ADD COLUMN made_at timestamptz NOT NULL DEFAULT now()',
  // The index separates mails from events, so that a backlog of one kind does not delay the other.
  `CREATE INDEX outbox_due_by_kind ON flow.outbox ((topic = 'mail'), due_at) WHERE parked_at IS NULL`,
  'CREATE INDEX outbox_parked ON flow.outbox (parked_at) WHERE parked_at IS NOT NULL',
  'DROP INDEX flow.outbox_due',
  // recipient: SHA-256 of the mail address.
  `CREATE TABLE flow.mailed (
     recipient bytea PRIMARY KEY,
     since timestamptz NOT NULL,
     count int NOT NULL
   )`,
  'CREATE INDEX mailed_since ON flow.mailed (since)',
];

const DOWN = [
  'DROP TABLE flow.mailed',
  'CREATE INDEX outbox_due ON flow.outbox (due_at) WHERE parked_at IS NULL',
  'DROP INDEX flow.outbox_parked, flow.outbox_due_by_kind',
  'ALTER TABLE flow.outbox DROP COLUMN made_at',
];
