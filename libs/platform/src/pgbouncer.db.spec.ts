import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasPgbouncer, type RunningPgbouncer, startPgbouncer } from '../../../test/support/pgbouncer.js';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { onServer } from '../../../test/support/postgres-databases.js';
import { ConfigError, readConfig } from './config.js';
import { isDatabaseUnavailable } from './database-errors.js';
import { openDataSource, runNamed } from './typeorm-data-source.js';
import { migrate, migrationConfig } from './typeorm-migrator.js';

/** Number of client connections to PgBouncer, which has only two connections to Postgres. */
const CLIENTS = 8;

let database: FreshDatabase;
let pooler: RunningPgbouncer;
let source: DataSource | undefined;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await source?.destroy();
  source = undefined;
  await pooler.stop();
  await database.drop();
});

async function through(settings: Readonly<Record<string, string | number>> = {}): Promise<DataSource> {
  pooler = await startPgbouncer({ database: database.url, poolSize: 2, settings });
  source = await openDataSource({ url: pooler.url, schema: 'public', poolSize: CLIENTS });
  return source;
}

/** Returns a statement. Some are longer than what PgBouncer reads at once (pkt_buf), the others are short. */
const statement = (i: number) => ({
  name: `statement-${i}`,
  text: `SELECT $1::int AS value, ${i} AS statement, '${'x'.repeat((i % 2) * 9000)}' AS text`,
});

/**
 * Runs twenty statements on each connection of the pool, on all of them at the same time. Returns the messages of
 * failures.
 */
async function failuresOf(pool: DataSource): Promise<string[]> {
  const failures: string[] = [];
  const runSome = async (client: number) => {
    for (let i = 0; i < 20; i++) {
      const [value, number] = [client * 100 + i, (client + i) % 6];
      const run = runNamed(pool, statement(number), [value]);
      await run.then(
        ({ rows }) => expect(rows).toMatchObject([{ value, statement: number }]),
        (error: unknown) => failures.push(String(error)),
      );
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => runSome(client)));
  return failures;
}

describe.skipIf(!hasPgbouncer)(
  'a pool with more connections than PgBouncer in transaction mode has to Postgres',
  () => {
    it.each([500, 2])(
      'runs named statements on any connection when PgBouncer keeps %d prepared statements',
      async (kept) => {
        const pool = await through({ max_prepared_statements: kept });
        expect(await failuresOf(pool)).toEqual([]);
      },
    );

    it('names the missing PgBouncer setting when PgBouncer keeps no prepared statements', async () => {
      const failed = await failuresOf(await through({ max_prepared_statements: 0 }));
      expect(failed.length).toBeGreaterThan(0);
      for (const message of failed)
        expect(message).toMatch(/prepared statement .*PgBouncer .* max_prepared_statements/);
    });

    it('plans a statement once for each connection to Postgres, without its values', async () => {
      const pool = await through();
      for (let i = 0; i < 7; i++) await runNamed(pool, statement(0), [i]);
      const [plans] = await pool.query(
        `SELECT generic_plans::int AS generic, custom_plans::int AS custom FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int%'`,
      );
      expect(plans).toEqual({ generic: 7, custom: 0 });
    });

    it('reads the dates that it wrote, also if the database has another datestyle', async () => {
      await onServer(database.url, (client) =>
        client.query(`ALTER DATABASE "${new URL(database.url).pathname.slice(1)}" SET datestyle = 'German'`),
      );
      const pool = await through();
      const at = new Date('2026-11-12T10:00:00.000Z');
      const read = async () => (await runNamed(pool, { name: 'at', text: 'SELECT $1::timestamptz AS at' }, [at])).rows;
      for (const rows of await Promise.all(Array.from({ length: CLIENTS }, read))) expect(rows).toEqual([{ at }]);
    });

    it('waits for a connection, and reports the database as unavailable if none is free in time', async () => {
      const pool = await through({ query_wait_timeout: 1, default_pool_size: 1 });
      await pool.transaction(async (manager) => {
        await manager.query('SELECT 1');
        const failure: unknown = await runNamed(pool, statement(0), [1]).catch((error: unknown) => error);
        expect(failure).toMatchObject({ message: 'query_wait_timeout' });
        expect(isDatabaseUnavailable(failure)).toBe(true);
      });
      expect(await failuresOf(pool)).toEqual([]);
    });
  },
);

describe.skipIf(!hasPgbouncer)('migrate through PgBouncer', () => {
  it.each(['', 'options'])(
    'is refused with the reason when PgBouncer ignores the startup parameters "%s"',
    async (ignored) => {
      await through({ ignore_startup_parameters: ignored });
      const migrated = migrate(pooler.url, [], readConfig(migrationConfig, {}));
      await expect(migrated).rejects.toThrow(ConfigError);
      await expect(migrated).rejects.toThrow(/leads to a connection pooler.*need a direct connection/);
    },
  );
});
