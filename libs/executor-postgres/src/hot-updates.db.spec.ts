import { randomBytes } from 'node:crypto';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshPlan, PlanStoreHarness } from '../testing/plan-store-harness.js';
import { TOUCH_SESSION } from './plan.statements.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';

/**
 * Number of rows of each test. The page of a table has room for their old and new versions together, so that each
 * update that changes no index is heap-only, even while transactions of other databases keep Postgres from freeing old
 * versions.
 */
const ROWS = 3;

let store: PlanStoreHarness;
/** A pool of one connection, so that Postgres has the statistics of all statements when the test reads them. */
let source: DataSource;
beforeAll(async () => {
  store = await PlanStoreHarness.open(1);
  ({ source } = store);
});
afterAll(() => store.close());
beforeEach(async () => {
  await source.query('TRUNCATE flow.sessions, flow.plans, flow.attempts CASCADE');
  await store.nextFlow();
});

/** Starts plans in separate sessions. Each is about as large as the plan of a login with some facts. */
const beginPlans = () =>
  Promise.all(
    Array.from({ length: ROWS }, () => store.begin(freshPlan({ context: { deny_message: 'x'.repeat(600) } }))),
  );

/** Returns the number of updates of a table, and the number of those that changed no index (heap-only tuples). */
async function updatesOf(table: string) {
  await source.query('SELECT pg_stat_force_next_flush()');
  const [row] = await source.query<{ all: number; hot: number }[]>(
    `SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables
     WHERE schemaname = 'flow' AND relname = $1`,
    [table],
  );
  return row!;
}

/** Runs `work`. Returns the numbers of all updates and of the heap-only updates that it made in a table. */
async function updatesBy(table: string, work: () => Promise<void>) {
  const before = await updatesOf(table);
  await work();
  const after = await updatesOf(table);
  return { all: after.all - before.all, hot: after.hot - before.hot };
}

describe('no index changes with the updates', () => {
  it('of plans, which every answer saves', async () => {
    const begun = await beginPlans();
    const updates = await updatesBy('plans', async () => {
      for (const one of begun) expect(await store.save(one)).toBe(true);
    });
    expect(updates).toEqual({ all: ROWS, hot: ROWS });
  });

  it('of anonymous sessions, which the first answer extends', async () => {
    const begun = await beginPlans();
    const updates = await updatesBy('sessions', async () => {
      for (const one of begun) await store.save(one, { extendsSession: true });
    });
    expect(updates).toEqual({ all: ROWS, hot: ROWS });
  });

  it('of sessions that are used again', async () => {
    const begun = await beginPlans();
    await source.query(`UPDATE flow.sessions SET seen_at = now() - interval '1 hour'`);
    const updates = await updatesBy('sessions', async () => {
      for (const { sessionId } of begun) await runNamed(source, TOUCH_SESSION, [sessionId]);
    });
    expect(updates).toEqual({ all: ROWS, hot: ROWS });
  });

  it('of attempts', async () => {
    const attempts = new PostgresAttemptStore(source);
    const reservations = Array.from({ length: ROWS }, () => [
      { subject: randomBytes(16), credential: 'password', free: 100, hard: undefined, forgetAfterS: 3600 },
    ]);
    for (const reservation of reservations) await attempts.reserve(reservation, 0);
    const updates = await updatesBy('attempts', async () => {
      for (const reservation of reservations) await attempts.reserve(reservation, 0);
    });
    expect(updates).toEqual({ all: ROWS, hot: ROWS });
  });
});
