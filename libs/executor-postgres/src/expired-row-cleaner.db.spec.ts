import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cleanerOn } from '../testing/cleaner.js';
import { enrol } from '../testing/flow-database.js';
import { PlanStoreHarness } from '../testing/plan-store-harness.js';
import type { PlanEndings } from './cleanup.statements.js';

const PAST = `now() - interval '1 s'`;
const FUTURE = `now() + interval '1 hour'`;
/**
 * Two times as SQL. Tokens and invitations are kept for 30 days after they have expired: the cleaner keeps one that
 * expired at KEPT, and deletes one that expired at LATE.
 */
const [KEPT, LATE] = [`now() - interval '29 days'`, `now() - interval '31 days'`];
const TABLES = [
  ...['sessions', 'plans', 'session_keys', 'source_logins', 'forward_codes', 'forward_sessions'].map(
    (table) => `flow.${table}`,
  ),
  ...['flow.resume_tokens', 'flow.attempts', 'flow.reputation', 'flow.login_places', 'flow.received_signals'],
  ...['directory.invitations', 'directory.tokens'],
];

let store: PlanStoreHarness;
let user: string;
beforeAll(async () => {
  store = await PlanStoreHarness.open();
  user = (await enrol(store.source)).uuid;
});
afterAll(() => store.close());
beforeEach(() => store.source.query(`TRUNCATE flow.leases, flow.signed_in_applications, ${TABLES.join(', ')}`));

const query = <T>(sql: string, values: unknown[] = []) => store.source.query<T[]>(sql, values);
const count = async (table: string) => (await query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n;

/** Inserts expired sessions, which the next sweep deletes. */
const addExpired = (sessions: number) =>
  query(`INSERT INTO flow.sessions (id, expires_at, cleanup_at)
    SELECT gen_random_uuid(), ${PAST}, ${PAST} FROM generate_series(1, ${sessions})`);

const addSession = async (ends: string, looksAt = ends) => {
  const id = randomUUID();
  await query(`INSERT INTO flow.sessions (id, expires_at, cleanup_at) VALUES ($1, ${ends}, ${looksAt})`, [id]);
  return id;
};

const addPlan = (session: string, ends: string) =>
  query(
    `INSERT INTO flow.plans (session_id, flow_id, id, revision, version_id, body, expires_at, cleanup_at)
     VALUES ($1, gen_random_uuid(), gen_random_uuid(), 0, gen_random_uuid(), 'x', ${ends}, ${PAST})`,
    [session],
  );

const addAttempt = (columns: string, values: string) =>
  query(
    `INSERT INTO flow.attempts (subject, credential, free_at, free, cleanup_at, ${columns})
     VALUES ($1, 'password', now(), 5, ${PAST}, ${values})`,
    [randomBytes(16)],
  );

describe('a sweep of the cleaner', () => {
  it('deletes the expired rows of each table only', async () => {
    const live = await addSession(FUTURE, PAST);
    const ended = await addSession(PAST);
    for (const session of [live, ended]) {
      await addPlan(session, PAST);
      await addPlan(session, FUTURE);
      await query('INSERT INTO flow.session_keys (hash, session_id) VALUES ($1, $2)', [randomBytes(32), session]);
    }
    for (const ends of [PAST, FUTURE]) {
      const hash = randomBytes(32);
      await query(`INSERT INTO flow.session_keys (hash, session_id, until) VALUES ($1, $2, ${ends})`, [hash, live]);
      await query(
        `INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
         VALUES ($1, $2, gen_random_uuid(), 'x', ${ends})`,
        [hash, live],
      );
      await query(
        `INSERT INTO flow.forward_codes (hash, session_id, user_id, application, nonce_hash, destination_hash, expires_at)
         VALUES ($1, $2, $2, $2, 'n', 'd', ${ends})`,
        [hash, live],
      );
      await query(
        `INSERT INTO flow.forward_sessions (hash, session_id, user_id, application, expires_at)
         VALUES ($1, $2, $2, $2, ${ends})`,
        [hash, live],
      );
      await query(
        `INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, body, expires_at)
         VALUES ($1, $2, $2, $2, 's', 'x', ${ends})`,
        [hash, randomUUID()],
      );
      await query(
        `INSERT INTO flow.reputation (identifier, ip, score, expires_at) VALUES ($1, '203.0.113.7', 1, ${ends})`,
        [hash.toString('hex')],
      );
      await query(`INSERT INTO flow.login_places (user_id, device, expires_at) VALUES ($1, 'd', ${ends})`, [user]);
      await query(`INSERT INTO flow.received_signals VALUES ('partner', $1, ${ends})`, [hash]);
    }
    await addAttempt('failures, forget_after, updated_at', `3, interval '1 hour', now() - interval '2 hours'`);
    await addAttempt('failures, forget_after, updated_at', `3, interval '1 hour', now()`);
    for (const ends of [KEPT, LATE]) {
      await query(`INSERT INTO directory.invitations (name, expires) VALUES ('n', ${ends})`);
      await query(
        `INSERT INTO directory.tokens (identifier, key_hash, intent, user_id, expires)
         VALUES ($1, $2, 'api', $3, ${ends})`,
        [randomUUID(), randomBytes(32), user],
      );
    }
    await cleanerOn(store.source).sweep();

    const left = Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, await count(table)])));
    // One row of each table is left (such as the live session and its live plan), but two keys: the current one, and
    // the retired one that is still recognised.
    expect(left).toEqual({ ...Object.fromEntries(TABLES.map((table) => [table, 1])), 'flow.session_keys': 2 });
    expect(await query('SELECT id FROM flow.sessions')).toEqual([{ id: live }]);
  });

  it('deletes all expired rows, in batches of one transaction each', async () => {
    await addExpired(35);
    const removed: number[] = [];
    await cleanerOn(store.source, { batchRows: 10 }, { onRemoved: (_, rows) => removed.push(rows) }).sweep();
    expect(removed).toEqual([10, 10, 10, 5]);
    expect(await count('flow.sessions')).toBe(0);
  });

  it('moves `cleanup_at` of a session or plan that is still in use to its new end', async () => {
    const session = await addSession(FUTURE, PAST);
    await addPlan(session, FUTURE);
    await cleanerOn(store.source).sweep();
    for (const table of ['flow.sessions', 'flow.plans'])
      expect(await query(`SELECT cleanup_at = expires_at AS moved FROM ${table}`)).toEqual([{ moved: true }]);
  });

  it('reports each expired plan once, by flow and by whether it was answered', async () => {
    await store.nextFlow();
    const { plan } = await store.begin();
    const begun = await Promise.all(Array.from({ length: 5 }, () => store.begin()));
    const [answered, elsewhere, done] = begun;
    for (const one of [answered!, elsewhere!]) await store.save(one, { hasAnswer: true });
    await store.save(done!, { plan: { ...plan, id: done!.plan.id, ended: { to: '/' } }, hasAnswer: true });
    // This session is deleted by the sweep, and its plans with it.
    await query(`UPDATE flow.sessions SET expires_at = ${PAST}, cleanup_at = ${PAST} WHERE id = $1`, [
      elsewhere!.sessionId,
    ]);
    await query(`UPDATE flow.plans SET expires_at = ${PAST}, cleanup_at = ${PAST} WHERE session_id <> $1`, [
      elsewhere!.sessionId,
    ]);
    const ended: Record<string, number> = {};
    const onEnded = ({ slug, designation, outcome, plans }: PlanEndings) => {
      const name = `${slug} ${designation} ${outcome}`;
      ended[name] = (ended[name] ?? 0) + plans;
    };
    await Promise.all([1, 2].map(() => cleanerOn(store.source, { batchRows: 2 }, { onEnded }).sweep()));
    await cleanerOn(store.source, {}, { onEnded }).sweep();
    expect(await count('flow.plans')).toBe(0);
    expect(ended).toEqual({
      [`${store.slug} authentication expired`]: 2,
      [`${store.slug} authentication abandoned`]: 3,
    });
  });

  it('reports the number of deleted rows at its end, and does nothing while another gateway has the lease', async () => {
    await addExpired(3);
    const rounds: ReadonlyMap<string, number>[] = [];
    await query(`INSERT INTO flow.leases VALUES ('cleanup', gen_random_uuid(), ${FUTURE})`);
    const cleaner = cleanerOn(store.source, { batchRows: 2 }, { onRound: (removed) => rounds.push(removed) });
    await cleaner.sweep();
    expect(rounds).toEqual([]);
    await query('TRUNCATE flow.leases');
    await cleaner.sweep();
    expect(rounds.map((removed) => Object.fromEntries(removed))).toEqual([
      { ...Object.fromEntries(TABLES.map((table) => [table, 0])), 'flow.sessions': 3 },
    ]);
  });

  it('skips rows that a request has locked', async () => {
    await addExpired(2);
    const request = store.source.createQueryRunner();
    await request.startTransaction();
    await request.query('SELECT FROM flow.sessions LIMIT 1 FOR UPDATE');
    await cleanerOn(store.source).sweep();
    expect(await count('flow.sessions')).toBe(1);
    await request.rollbackTransaction();
    await request.release();
    await cleanerOn(store.source).sweep();
    expect(await count('flow.sessions')).toBe(0);
  });

  it('finds expired rows of every table by an index', async () => {
    const owner = await addSession(FUTURE);
    await query(`INSERT INTO flow.session_keys (hash, session_id)
      SELECT uuid_send(gen_random_uuid()), '${owner}' FROM generate_series(1, 500)`);
    await query(`INSERT INTO flow.sessions (id, expires_at, cleanup_at)
      SELECT gen_random_uuid(), ${FUTURE}, ${FUTURE} FROM generate_series(1, 500)`);
    await query(`INSERT INTO flow.plans (session_id, flow_id, id, revision, version_id, body, expires_at, cleanup_at)
      SELECT id, id, id, 0, id, 'x', ${FUTURE}, ${FUTURE} FROM flow.sessions`);
    await query(`INSERT INTO flow.attempts (subject, credential, failures, free_at, free, cleanup_at)
      SELECT uuid_send(gen_random_uuid()), 'password', 1, now(), 5, ${FUTURE} FROM generate_series(1, 500)`);
    await query(`ANALYZE flow.sessions, flow.session_keys, flow.plans, flow.attempts`);
    const scans = async () => {
      await query('SELECT pg_stat_force_next_flush()');
      return query<{ relname: string; seq_scan: string }>(
        `SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY ($1) ORDER BY relname`,
        [['sessions', 'session_keys', 'plans', 'attempts']],
      );
    };
    const before = await scans();
    await cleanerOn(store.source).sweep();
    await cleanerOn(store.source).backlog();
    expect(await scans()).toEqual(before);
  });
});

describe('while a cleaner runs', () => {
  const RACES = 50;
  const REQUESTS = 8;

  it('a plan is saved by exactly one of many concurrent requests, and is not deleted', async () => {
    await store.nextFlow();
    const begun = await Promise.all(Array.from({ length: RACES }, () => store.begin()));
    await addExpired(1000);
    let isRacing = true;
    let sweeps = 0;
    const cleaning = (async () => {
      const cleaner = cleanerOn(store.source, { batchRows: 10 });
      for (; isRacing; sweeps++) {
        // Lets the cleaner read the same rows that the requests are saving.
        await query(`UPDATE flow.sessions SET cleanup_at = ${PAST}; UPDATE flow.plans SET cleanup_at = ${PAST}`);
        await cleaner.sweep();
      }
    })();
    const winners = [];
    for (const one of begun) {
      const saved = await Promise.all(
        Array.from({ length: REQUESTS }, () => store.save(one, { extendsSession: true, newKey: randomBytes(32) })),
      );
      winners.push(saved.filter(Boolean).length);
    }
    isRacing = false;
    await cleaning;
    expect(sweeps).toBeGreaterThan(0);
    expect(winners).toEqual(winners.map(() => 1));
    expect(await query('SELECT revision FROM flow.plans')).toEqual(begun.map(() => ({ revision: 1 })));
    expect(await count('flow.sessions')).toBe(RACES);
  });
});

describe('with several gateways,', () => {
  it('one gateway sweeps until it stops', async () => {
    await addExpired(15);
    let onFirstBatch = () => {};
    const firstBatch = new Promise<void>((resolve) => {
      onFirstBatch = resolve;
    });
    let isBusy = false;
    const settings = { batchRows: 10 };
    const first = cleanerOn(store.source, settings, {
      isBusy: () => isBusy,
      onRemoved: () => {
        isBusy = true;
        onFirstBatch();
      },
    });
    const sweep = first.sweep();
    await firstBatch;
    const second = cleanerOn(store.source, settings);
    await second.sweep();
    expect(await count('flow.sessions')).toBe(5);

    await first.stop();
    await sweep;
    expect(await count('flow.sessions')).toBe(5);
    await second.sweep();
    expect(await count('flow.sessions')).toBe(0);
  });

  it('another gateway sweeps when the lease of a crashed gateway has expired', async () => {
    await addExpired(1);
    const lease = (until: string) =>
      query(`INSERT INTO flow.leases VALUES ('cleanup', gen_random_uuid(), ${until})
        ON CONFLICT (name) DO UPDATE SET until = excluded.until`);
    await lease(`now() + interval '30 s'`);
    await cleanerOn(store.source).sweep();
    expect(await count('flow.sessions')).toBe(1);
    await lease(PAST);
    await cleanerOn(store.source).sweep();
    expect(await count('flow.sessions')).toBe(0);
  });
});

describe('failed attempts of a user who has proved another credential', () => {
  const YEAR_AGO = `now() - interval '366 days'`;

  it('are deleted a year after the last one, unless they lock the credential', async () => {
    await addAttempt('failures, hard, updated_at', `4, 50, ${YEAR_AGO}`);
    await addAttempt('failures, hard, updated_at', `4, 50, now() - interval '364 days'`);
    await addAttempt('failures, hard, updated_at', `50, 50, ${YEAR_AGO}`);
    await cleanerOn(store.source).sweep();
    expect(await query('SELECT failures FROM flow.attempts ORDER BY failures')).toEqual([
      { failures: 4 },
      { failures: 50 },
    ]);
    expect(await query('SELECT FROM flow.attempts WHERE cleanup_at <= now()')).toEqual([]);
  });

  it('are deleted a day after their counter was reset to zero', async () => {
    await addAttempt('failures, hard, updated_at', `0, 50, now() - interval '25 hours'`);
    await addAttempt('failures, hard, updated_at', `0, 50, now() - interval '23 hours'`);
    await cleanerOn(store.source).sweep();
    expect(await count('flow.attempts')).toBe(1);
  });
});

it('the backlog of the cleaner is the number of rows that the next sweep reads', async () => {
  await addExpired(3);
  await addSession(FUTURE);
  const cleaner = cleanerOn(store.source);
  const backlog = async () => Object.fromEntries((await cleaner.backlog()).map(({ table, rows }) => [table, rows]));
  const none = Object.fromEntries(TABLES.map((table) => [table, 0]));
  expect(await backlog()).toEqual({ ...none, 'flow.sessions': 3 });
  await cleaner.sweep();
  expect(await backlog()).toEqual(none);
});

it('a cleaner pauses between batches, and can be stopped during the pause', async () => {
  await addExpired(20);
  let resolve = () => {};
  const batch = new Promise<void>((done) => {
    resolve = done;
  });
  // If deletions may take 1 percent of the time, the pause after a batch is 99 times as long as the batch.
  const cleaner = cleanerOn(store.source, { batchRows: 10, timePercent: 1 }, { onRemoved: () => resolve() });
  const sweep = cleaner.sweep();
  await batch;
  await cleaner.stop();
  await sweep;
  expect(await count('flow.sessions')).toBe(10);
});
