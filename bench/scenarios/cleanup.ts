import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type DatabaseTools, withDatabaseTools } from '../database-tools.js';
import type { BenchEnvironment } from '../environment.js';
import type { Product } from '../product.js';
import { type CleanupFigures, cleanupReport, type TableSize } from '../report.js';
import { USERS } from './flows.js';
import { dummyToNext } from './visits.js';

/** Number of expired rows in each of four tables, a million in total. */
const ROWS = 250_000;
const TABLES = ['sessions', 'plans', 'session_keys', 'attempts'];
/** Body of 800 bytes, about the size of a login's plan. */
const BODY_HEX = `repeat(md5(i::text), 50)`;
const VISITS = 500;
/**
 * Number of concurrent visits, too few to saturate the machine. Otherwise the latencies would measure the queue for the
 * cores.
 */
const CONCURRENCY = 2;
const WARM_UP = 6;
const POLL_MS = 200;

/** When row `i` expires. Rows expire a microsecond apart, because different requests write them in production. */
const ended = `now() - interval '1 hour' + i * interval '1 microsecond'`;
const FILL = [
  `INSERT INTO flow.sessions (id, ttl, expires_at, cleanup_at)
   SELECT gen_random_uuid(), interval '15 minutes', ${ended}, ${ended} FROM generate_series(1, ${ROWS}) i`,
  `INSERT INTO flow.session_keys (hash, session_id) SELECT sha256(uuid_send(id)), id FROM flow.sessions WHERE expires_at < now()`,
  `INSERT INTO flow.plans (session_id, flow_id, id, revision, version_id, body, expires_at, cleanup_at)
   SELECT s.id, f.id, gen_random_uuid(), 1, f.version_id, decode(${BODY_HEX}, 'hex'), s.expires_at, s.cleanup_at
   FROM (SELECT *, row_number() OVER () AS i FROM flow.sessions WHERE expires_at < now()) s,
     (SELECT id, version_id FROM flow.flows LIMIT 1) f`,
  `INSERT INTO flow.attempts (subject, credential, failures, free_at, updated_at, free, forget_after, cleanup_at)
   SELECT uuid_send(gen_random_uuid()), 'password', 1, now(), now() - interval '2 hours', 5, interval '1 hour', ${ended}
   FROM generate_series(1, ${ROWS}) i`,
  'VACUUM ANALYZE flow.sessions, flow.session_keys, flow.plans, flow.attempts',
  'CHECKPOINT',
];

/** Takes the lease of the cleanup, so that the gateway does not clean up. */
const HOLD_LEASE = `INSERT INTO flow.leases (name, holder, until) VALUES ('cleanup', gen_random_uuid(), 'infinity')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until`;
const RELEASE_LEASE = `DELETE FROM flow.leases WHERE name = 'cleanup'`;

/** Returns whether expired rows are left, and whether the gateway is cleaning up. */
const STATE = `
  SELECT EXISTS (SELECT FROM flow.sessions WHERE cleanup_at < now() - interval '30 minutes')
    OR EXISTS (SELECT FROM flow.attempts WHERE cleanup_at < now() - interval '30 minutes') AS left,
    EXISTS (SELECT FROM flow.leases WHERE name = 'cleanup') AS running`;

const SIZES = `
  SELECT relname AS name, pg_total_relation_size(relid)::float8 / 1048576 AS mib
  FROM pg_stat_user_tables WHERE schemaname = 'flow' AND relname = ANY ($1) ORDER BY relname`;

const PLAN_UPDATES = `
  SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables
  WHERE schemaname = 'flow' AND relname = 'plans'`;

/** Measures how fast a million expired rows are deleted, and how much slower solves are during that time. */
export function cleanup(environment: BenchEnvironment, product: Product): Promise<string> {
  const setup = { product, env: { CLEANUP_EVERY_S: '1' }, first: ['SET statement_timeout = 0', HOLD_LEASE] };
  return withDatabaseTools(environment, setup, async (tools) => cleanupReport(await measureCleanup(tools)));
}

async function measureCleanup(tools: DatabaseTools): Promise<CleanupFigures> {
  const { client } = tools;
  for (const statement of FILL) await client.query(statement);
  const full = await tableSizes(client);
  for (let i = 0; i < WARM_UP; i++) await solve(tools);
  const before = await planUpdates(client);
  const { seconds, ...latencies } = await inTurns(tools);
  const after = await planUpdates(client);
  await client.query('VACUUM flow.sessions, flow.session_keys, flow.plans, flow.attempts');
  return {
    ...{ ...latencies, rows: TABLES.length * ROWS, seconds, full, left: await tableSizes(client) },
    hotShare: (after.hot - before.hot) / (after.all - before.all),
  };
}

/**
 * Runs rounds of visits without and with a cleanup in turn, so that other load on the machine affects both equally,
 * until all rows are deleted. Returns the latencies, and the seconds in which the gateway cleaned up.
 */
async function inTurns(tools: DatabaseTools): Promise<Pick<CleanupFigures, 'without' | 'during' | 'seconds'>> {
  const { client } = tools;
  const without: number[] = [];
  const during: number[] = [];
  let seconds = 0;
  for (let isLeft = true; isLeft; ) {
    await client.query(HOLD_LEASE);
    without.push(...(await solve(tools)));
    await client.query(RELEASE_LEASE);
    await until(client, ({ left, running }) => running || !left);
    const startedAt = performance.now();
    let isOver = false;
    const round = solve(tools).finally(() => {
      isOver = true;
    });
    ({ left: isLeft } = await until(client, ({ left }) => isOver || !left));
    seconds += (performance.now() - startedAt) / 1000;
    during.push(...(await round));
  }
  return { without, during, seconds };
}

/** Runs a round of visits. Returns the latencies. */
async function solve({ driver, url }: DatabaseTools): Promise<number[]> {
  await driver.admit(dummyToNext, { url, count: VISITS, users: USERS });
  return [...(await driver.measure(dummyToNext, CONCURRENCY)).latencies];
}

interface State {
  readonly left: boolean;
  readonly running: boolean;
}

/** Polls the state of the cleanup until `isReached` accepts it, and returns it. */
async function until(client: pg.Client, isReached: (state: State) => boolean): Promise<State> {
  for (;;) {
    const [state] = (await client.query<State>(STATE)).rows;
    if (state && isReached(state)) return state;
    await delay(POLL_MS);
  }
}

async function planUpdates(client: pg.Client): Promise<{ all: number; hot: number }> {
  return (await client.query<{ all: number; hot: number }>(PLAN_UPDATES)).rows[0]!;
}

/** Returns the sizes of the tables that are cleaned most. */
export const tableSizes = async (client: pg.Client): Promise<readonly TableSize[]> =>
  (await client.query<TableSize>(SIZES, [TABLES])).rows;
