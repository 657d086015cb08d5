import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { onServer } from '../../../test/support/postgres-databases.js';
import { Readiness } from './readiness.js';
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

/** Returns the settings of the pool's connection that are stored for its role in its database. */
async function storedSettings(pool: DataSource): Promise<unknown> {
  const rows: { name: string; value: string }[] = await pool.query(
    `SELECT name, current_setting(name) AS value FROM pg_settings WHERE source = 'database user'`,
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

describe('the pool of a service whose role has no settings', () => {
  it('stores them for the role, so that no connection needs startup parameters', async () => {
    for (let starts = 0; starts < 2; starts++) {
      const pool = await open();
      expect(await storedSettings(pool)).toEqual(ROLE_SETTINGS);
      await pool.destroy();
    }
  });
  it('stores them also for a role without other privileges', async () => {
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
  it('has them also when several services with one role start at the same time', async () => {
    const pools = await Promise.all(Array.from({ length: 5 }, () => open()));
    expect(await Promise.all(pools.map(storedSettings))).toEqual(pools.map(() => ROLE_SETTINGS));
    await Promise.all(pools.map((pool) => pool.destroy()));
  });
});
