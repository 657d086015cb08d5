import pg from 'pg';
import { type DataSource, QueryFailedError } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { onServer } from '../../../test/support/postgres-databases.js';
import { isDatabaseUnavailable } from './database-errors.js';
import { findFreePort } from './free-port.js';
import { openDataSource, runNamed } from './typeorm-data-source.js';

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

const sample = () => ({ url: database.url, schema: 'sample' });

const createSamples = () =>
  withDataSource((source) => source.query('CREATE SCHEMA sample; CREATE TABLE sample.samples (id int PRIMARY KEY)'));

async function withDataSource<T>(work: (source: DataSource) => Promise<T>, poolSize = 2): Promise<T> {
  const source = await openDataSource({ ...sample(), poolSize });
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a Postgres server that accepts no writes, such as a standby,', () => {
  const setReadOnly = (value: 'on' | 'off') =>
    onServer(database.url, async (client) => {
      await client.query('SET default_transaction_read_only = off');
      const name = client.escapeIdentifier(new URL(database.url).pathname.slice(1));
      await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`);
    });

  it('is not used by the pool, and counts as unavailable until it accepts writes', async () => {
    await setReadOnly('on');
    const failure = await failureOf(withDataSource(async () => 'connected'));
    expect(failure).toMatchObject({ message: expect.stringMatching(/takes no writes/) as string });
    expect(isDatabaseUnavailable(failure)).toBe(true);
    await setReadOnly('off');
    expect(await withDataSource(async () => 'connected')).toBe('connected');
  });

  it('loses the pooled connection over which it has refused a write', async () => {
    await withDataSource(async (source) => {
      await source.query('SET default_transaction_read_only = on');
      const create = { name: 'create', text: 'CREATE TABLE public.written ()' };
      const failure = await failureOf(runNamed(source, create, []));
      expect(failure).toMatchObject({ code: '25006' });
      expect(isDatabaseUnavailable(failure)).toBe(true);
      await expect(runNamed(source, create, [])).resolves.toMatchObject({ rows: [] });
    }, 1);
  });
});

describe('a named statement', () => {
  it('returns rows and the number of changed rows', async () => {
    await createSamples();
    await withDataSource(async (source) => {
      const insert = {
        name: 'insert-sample',
        text: 'INSERT INTO sample.samples VALUES ($1) ON CONFLICT DO NOTHING RETURNING id',
      };
      expect(await runNamed(source, insert, [7])).toMatchObject({ rows: [{ id: 7 }], rowCount: 1 });
      expect(await runNamed(source, insert, [7])).toMatchObject({ rows: [], rowCount: 0 });
    });
  });
  it('uses a generic plan for all values', async () => {
    await createSamples();
    await withDataSource(async (source) => {
      const optional = {
        name: 'optional',
        text: 'SELECT id FROM sample.samples WHERE $1::int IS NULL OR id = $1',
      };
      for (let i = 0; i < 7; i++) await runNamed(source, optional, [i]);
      const plans = {
        name: 'plans',
        text: 'SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = $1',
      };
      expect((await runNamed(source, plans, ['optional'])).rows).toEqual([{ generic_plans: '7', custom_plans: '0' }]);
    }, 1);
  });
});

describe('isDatabaseUnavailable', () => {
  it('is true when no server listens', async () => {
    const url = `postgres://nobody@127.0.0.1:${await findFreePort()}/none`;
    expect(isDatabaseUnavailable(await failureOf(openDataSource({ ...sample(), url, poolSize: 1 })))).toBe(true);
  });
  it('is true when the connection breaks during a statement, and the next statement works', async () => {
    await withDataSource(async (source) => {
      const cut = { name: 'cut', text: 'SELECT pg_terminate_backend(pg_backend_pid())' };
      expect(isDatabaseUnavailable(await failureOf(runNamed(source, cut, [])))).toBe(true);
      expect(await runNamed(source, { name: 'one', text: 'SELECT 1 AS one' }, [])).toMatchObject({
        rows: [{ one: 1 }],
      });
    }, 1);
  });
  it('is true for a statement on a connection that broke earlier', async () => {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    const ended = new Promise((resolve) => client.once('end', resolve));
    await failureOf(client.query('SELECT pg_terminate_backend(pg_backend_pid())'));
    await ended;
    expect(isDatabaseUnavailable(await failureOf(client.query('SELECT 1')))).toBe(true);
  });
  it('is true for an error that TypeORM wraps', async () => {
    await withDataSource(async (source) => {
      const error = await failureOf(source.query('SELECT pg_terminate_backend(pg_backend_pid())'));
      expect(isDatabaseUnavailable(error)).toBe(true);
    });
  });
  it('is true when the server accepts no more connections', () => {
    expect(isDatabaseUnavailable(Object.assign(new Error('sorry, too many clients already'), { code: '53300' }))).toBe(
      true,
    );
  });
  it('is true when the database accepts no connections', async () => {
    const name = new URL(database.url).pathname.slice(1);
    const other = Object.assign(new URL(database.url), { pathname: '/postgres' }).href;
    const allow = (value: boolean) =>
      onServer(other, (client) =>
        client.query(`ALTER DATABASE ${client.escapeIdentifier(name)} WITH ALLOW_CONNECTIONS ${value}`),
      );
    await allow(false);
    try {
      const failure = await failureOf(openDataSource({ ...sample(), poolSize: 1 }));
      expect(failure).toMatchObject({ code: '55000' });
      expect(isDatabaseUnavailable(failure)).toBe(true);
    } finally {
      await allow(true);
    }
  });
  it.each([
    ['25006', 'BEGIN READ ONLY; CREATE TABLE kept (id int)'],
    ['55000', 'SELECT pg_wal_replay_resume()'],
  ])('is true for a server in the wrong state (%s)', async (code, text) => {
    await withDataSource(async (source) => {
      const failure = await failureOf(source.query(text));
      expect(failure).toMatchObject({ driverError: { code } });
      expect(isDatabaseUnavailable(failure)).toBe(true);
    }, 1);
  });
  it('is false for an error in a statement', async () => {
    await withDataSource(async (source) => {
      const error = await failureOf(source.query('SELEKT 1'));
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(isDatabaseUnavailable(error)).toBe(false);
      expect(
        isDatabaseUnavailable(await failureOf(runNamed(source, { name: 'wrong', text: 'SELECT 1 / 0' }, []))),
      ).toBe(false);
    });
  });
  it.each(['EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])('is true for the connection error %s', (code) => {
    expect(isDatabaseUnavailable(Object.assign(new Error('connect'), { code }))).toBe(true);
  });
  it.each([undefined, null, 'ECONNREFUSED', { code: 'ECONNREFUSED' }, new Error('no')])('is false for %j', (error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});
