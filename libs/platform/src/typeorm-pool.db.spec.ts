import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scrape } from '../../../test/support/metrics.js';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { onServer } from '../../../test/support/postgres-databases.js';
import { Readiness } from './readiness.js';
import { runNamed } from './typeorm-data-source.js';
import { openPool } from './typeorm-pool.js';
import { ROLE_SETTINGS } from './typeorm-role-settings.js';

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
  await onServer(database.url, (client) =>
    client.query(`ALTER ROLE CURRENT_USER IN DATABASE "${new URL(database.url).pathname.slice(1)}" RESET ALL`),
  );
});
afterEach(() => database.drop());

const open = (url = database.url) =>
  openPool({
    schema: 'public',
    config: { DATABASE_URL: url, DATABASE_POOL: 1 },
    readiness: new Readiness(),
    versions: {},
  });

/** Returns the settings that Postgres has stored for the pool's role in its database. */
async function storedSettings(pool: DataSource): Promise<unknown> {
  const rows: { name: string; value: string }[] = await pool.query(
    `SELECT name, current_setting(name) AS value FROM pg_settings WHERE source = 'database user'`,
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

describe('the pool of a service whose Postgres role has no settings', () => {
  it('stores ROLE_SETTINGS for the role, so that no connection needs startup parameters', async () => {
    for (let starts = 0; starts < 2; starts++) {
      const pool = await open();
      expect(await storedSettings(pool)).toEqual(ROLE_SETTINGS);
      await pool.destroy();
    }
  });
  it('stores ROLE_SETTINGS even for a role without privileges', async () => {
    const role = `gatehouse_test_${randomBytes(6).toString('hex')}`;
    await onServer(database.url, (client) => client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`));
    try {
      const pool = await open(Object.assign(new URL(database.url), { username: role, password: role }).href);
      expect(await storedSettings(pool)).toEqual(ROLE_SETTINGS);
      await pool.destroy();
    } finally {
      await onServer(database.url, (client) => client.query(`DROP ROLE ${role}`));
    }
  });
  it('has ROLE_SETTINGS even when several services with one role start at the same time', async () => {
    const pools = await Promise.all(Array.from({ length: 5 }, () => open()));
    expect(await Promise.all(pools.map(storedSettings))).toEqual(pools.map(() => ROLE_SETTINGS));
    await Promise.all(pools.map((pool) => pool.destroy()));
  });
});

describe('the metrics of a pool', () => {
  const states = () =>
    Promise.all(['open', 'idle', 'waiting'].map((state) => scrape(`gatehouse_pool_connections{state="${state}"}`)));

  it('show its connections and the callers that wait for a connection, until it is closed', async () => {
    const pool = await open();
    expect(await states()).toEqual([1, 1, 0]);
    const holder = pool.createQueryRunner();
    await holder.connect();
    const waiting = pool.query('SELECT 1');
    expect(await states()).toEqual([1, 0, 1]);
    expect(await scrape('gatehouse_pool_limit')).toBe(1);
    const waits = (await scrape('gatehouse_pool_wait_seconds_count'))!;
    await holder.release();
    await waiting;
    expect(await scrape('gatehouse_pool_wait_seconds_count')).toBe(waits + 1);
    await pool.destroy();
    expect([await states(), await scrape('gatehouse_pool_limit')]).toEqual([
      [undefined, undefined, undefined],
      undefined,
    ]);
  });

  it('show the durations of named statements by outcome and by the part of the name before the dot', async () => {
    const countOf = async (outcome: string) =>
      (await scrape(`gatehouse_statement_seconds_count{statement="spec_metrics",outcome="${outcome}"}`)) ?? 0;
    const counts = () => Promise.all(['ok', 'conflict', 'error'].map(countOf));
    const pool = await open();
    const run = (text: string, more = {}) =>
      runNamed(pool, { name: `spec_metrics.${text.length}`, text, ...more }, []).catch(() => undefined);
    await run('SELECT 1');
    await run('SELECT FROM pg_class WHERE false');
    await run('SELECT FROM pg_class WHERE  false', { conditional: true });
    await run('SELECT FROM nowhere');
    expect(await counts()).toEqual([2, 1, 1]);
    await pool.destroy();
  });
});
