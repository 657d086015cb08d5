import { createIndexConcurrently, dropIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The tables that get the column `cleanup_at`, the time from which the cleaner reads a row, and their fillfactor.
 * Requests set the column when they insert a row and do not change it when they extend `expires_at`, so that their
 * updates change no index (docs/adr/0056). Rows of services of the previous version get the default: the cleaner reads
 * such a row at once, and sets `cleanup_at` to its `expires_at`.
 *
 * `fillfactor` is the percentage of each page that inserts fill. The rest is for new versions of its rows.
 */
const TABLES = { plans: 50, sessions: 80, attempts: 70 };

/**
 * Indexes that the indexes on `cleanup_at` replace. Services of the previous version use them only to delete expired
 * rows.
 */
const PREVIOUS_INDEXES = ['plans_expiry', 'sessions_expiry'];

/**
 * Creates the table of leases. Each row is a task that only one gateway at a time may do, and names the gateway that
 * holds the lease.
 */
const LEASES = `
CREATE TABLE IF NOT EXISTS flow.leases (
  name text PRIMARY KEY,
  holder uuid NOT NULL,
  until timestamptz NOT NULL
)`;

/** Takes `expires_at` out of the indexes of plans and sessions, and adds an index on attempts for the cleaner. */
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
