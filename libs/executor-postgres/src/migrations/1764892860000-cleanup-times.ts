import { createIndexConcurrently, dropIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The time at which the cleaner looks at a row. Requests set it when they insert the row and leave it when they move
 * `expires_at`, so that their updates change no index (docs/adr/0056). The default is for services of the previous
 * version: the cleaner looks at such a row at once, and moves the time to the end of the row.
 *
 * `fillfactor` leaves room in each page for the next version of its rows.
 */
const TABLES = { plans: 50, sessions: 80, attempts: 70 };

/** Replaced by the indexes on `cleanup_at`. Services of the previous version only clean up with them. */
const PREVIOUS_INDEXES = ['plans_expiry', 'sessions_expiry'];

/** One row for each task that only one gateway at a time may do, with the gateway that does it. */
const LEASES = `
CREATE TABLE IF NOT EXISTS flow.leases (
  name text PRIMARY KEY,
  holder uuid NOT NULL,
  until timestamptz NOT NULL
)`;

/** Takes the expiry out of the indexes of plans and sessions, and gives attempts an index for the cleaner. */
export class CleanupTimes1764892860000 implements MigrationInterface {
  name = 'CleanupTimes1764892860000';

  transaction = false;

  /** Each step can be repeated, because an interrupted migration runs again from its first step. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LEASES);
    for (const [table, fillfactor] of Object.entries(TABLES)) {
      await runner.query(
        `ALTER TABLE flow.${table} ADD COLUMN IF NOT EXISTS cleanup_at timestamptz NOT NULL DEFAULT now(),
           SET (fillfactor = ${fillfactor})`,
      );
      await createIndexConcurrently(runner, { name: `flow.${table}_cleanup`, on: `flow.${table} (cleanup_at)` });
    }
    for (const name of PREVIOUS_INDEXES) await dropIndexConcurrently(runner, `flow.${name}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['plans', 'sessions'])
      await createIndexConcurrently(runner, { name: `flow.${table}_expiry`, on: `flow.${table} (expires_at)` });
    for (const table of Object.keys(TABLES)) await runner.query(`ALTER TABLE flow.${table} DROP COLUMN cleanup_at`);
    await runner.query('ALTER TABLE flow.plans SET (fillfactor = 70)');
    await runner.query('ALTER TABLE flow.sessions RESET (fillfactor)');
    await runner.query('DROP TABLE flow.leases');
  }
}
