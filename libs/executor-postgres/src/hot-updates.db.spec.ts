import { randomBytes } from 'node:crypto';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshPlan, PlanStoreHarness } from '../testing/plan-store-harness.js';
import { TOUCH_SESSION } from './plan.statements.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';

const PLANS = 20;
const SAVES = 15;
/**
 * Share of heap-only updates above which the updates change no index: otherwise it is 0. It is below 1 if other work, such
 * as a vacuum, keeps Postgres from reusing the space in a page for a moment.
 */
const HOT = 0.5;

let store: PlanStoreHarness;
/** A pool of one connection, so that Postgres has the statistics of all statements when the test reads them. */
let source: DataSource;
beforeAll(async () => {
  store = await PlanStoreHarness.open(1);
  ({ source } = store);
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

/** Starts plans in separate sessions. Each is about as large as the plan of a login with some facts. */
const beginPlans = () =>
  Promise.all(
    Array.from({ length: PLANS }, () => store.begin(freshPlan({ context: { deny_message: 'x'.repeat(600) } }))),
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

/**
 * Runs `work`. Returns the number of updates that it made in a table, and the share of heap-only updates among them.
 */
async function hotShare(table: string, work: () => Promise<void>) {
  const before = await updatesOf(table);
  await work();
  const after = await updatesOf(table);
  const all = after.all - before.all;
  return { all, share: (after.hot - before.hot) / all };
}

describe('the updates of requests change no index', () => {
  it('of plans, which every answer saves', async () => {
    const begun = await beginPlans();
    const { all, share } = await hotShare('plans', async () => {
      for (let revision = 0; revision < SAVES; revision++)
        for (const one of begun) expect(await store.save(one, { revision })).toBe(true);
    });
    expect(all).toBe(PLANS * SAVES);
    expect(share).toBeGreaterThan(HOT);
  });

  it('of anonymous sessions, which the first answer extends', async () => {
    const begun = await beginPlans();
    const { all, share } = await hotShare('sessions', async () => {
      for (const one of begun) await store.save(one, { extendsSession: true });
    });
    expect(all).toBe(PLANS);
    expect(share).toBeGreaterThan(HOT);
  });

  it('of sessions that are used again', async () => {
    const begun = await beginPlans();
    await source.query(`UPDATE flow.sessions SET seen_at = now() - interval '1 hour'`);
    const { all, share } = await hotShare('sessions', async () => {
      for (const { sessionId } of begun) await runNamed(source, TOUCH_SESSION, [sessionId]);
    });
    expect(all).toBe(PLANS);
    expect(share).toBeGreaterThan(HOT);
  });

  it('of attempts', async () => {
    const attempts = new PostgresAttemptStore(source);
    const reservations = Array.from({ length: PLANS }, () => [
      { subject: randomBytes(16), credential: 'password', free: 100, hard: undefined, forgetAfterS: 3600 },
    ]);
    for (const reservation of reservations) await attempts.reserve(reservation, 0);
    const { all, share } = await hotShare('attempts', async () => {
      for (let i = 0; i < SAVES; i++) for (const reservation of reservations) await attempts.reserve(reservation, 0);
    });
    expect(all).toBe(PLANS * SAVES);
    expect(share).toBeGreaterThan(HOT);
  });
});
