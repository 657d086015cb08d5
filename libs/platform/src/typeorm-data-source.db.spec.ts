import { type DataSource, type MigrationInterface, QueryFailedError, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { freePort } from './free-port.js';
import { isDatabaseUnavailable, migrate, openDataSource, runNamed } from './typeorm-data-source.js';

class CreateThings1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner) {
    await runner.query('CREATE TABLE sample.things (id int PRIMARY KEY)');
  }
  async down(runner: QueryRunner) {
    await runner.query('DROP TABLE sample.things');
  }
}
class Broken1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner) {
    await runner.query('CREATE TABLE sample.half (id int)');
    await runner.query('SELECT broken');
  }
  async down() {
    await Promise.resolve();
  }
}

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

const sample = () => ({ url: database.url, schema: 'sample', migrations: [CreateThings1700000000000] });

async function opened<T>(work: (source: DataSource) => Promise<T>, poolSize = 2): Promise<T> {
  const source = await openDataSource({ ...sample(), poolSize });
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('migrating', () => {
  it('makes the schema, and does nothing the second time', async () => {
    expect(await migrate(sample())).toEqual(['CreateThings1700000000000']);
    expect(await migrate(sample())).toEqual([]);
  });
  it('is done once when several begin at once', async () => {
    const done = await Promise.all(Array.from({ length: 4 }, () => migrate(sample())));
    expect(done.flat()).toEqual(['CreateThings1700000000000']);
  });
  it('keeps what succeeded and nothing of what failed, and can be tried again', async () => {
    const broken = { ...sample(), migrations: [CreateThings1700000000000, Broken1700000000001] };
    await expect(migrate(broken)).rejects.toThrow('broken');
    const rows = await opened((source) =>
      source.query(`SELECT to_regclass('sample.things') AS things, to_regclass('sample.half') AS half`),
    );
    expect(rows).toEqual([{ things: 'sample.things', half: null }]);
    expect(await migrate(sample())).toEqual([]);
  });
});

describe('a named statement', () => {
  it('gives rows and says how many it touched', async () => {
    await migrate(sample());
    await opened(async (source) => {
      const insert = {
        name: 'insert-thing',
        text: 'INSERT INTO sample.things VALUES ($1) ON CONFLICT DO NOTHING RETURNING id',
      };
      expect(await runNamed(source, insert, [7])).toMatchObject({ rows: [{ id: 7 }], rowCount: 1 });
      expect(await runNamed(source, insert, [7])).toMatchObject({ rows: [], rowCount: 0 });
    });
  });
  it('is planned once a connection, however much its values would say', async () => {
    await migrate(sample());
    await opened(async (source) => {
      const optional = {
        name: 'optional',
        text: 'SELECT id FROM sample.things WHERE $1::int IS NULL OR id = $1',
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

describe('whether the database is away', () => {
  it('is so when nobody listens there', async () => {
    const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
    expect(isDatabaseUnavailable(await failure(openDataSource({ ...sample(), url, poolSize: 1 })))).toBe(true);
  });
  it('is so when the connection is cut in the middle of a statement, and not the next time', async () => {
    await opened(async (source) => {
      const cut = { name: 'cut', text: 'SELECT pg_terminate_backend(pg_backend_pid())' };
      expect(isDatabaseUnavailable(await failure(runNamed(source, cut, [])))).toBe(true);
      expect(await runNamed(source, { name: 'one', text: 'SELECT 1 AS one' }, [])).toMatchObject({
        rows: [{ one: 1 }],
      });
    }, 1);
  });
  it('is so for what the ORM wraps', async () => {
    await opened(async (source) => {
      const error = await failure(source.query('SELECT pg_terminate_backend(pg_backend_pid())'));
      expect(isDatabaseUnavailable(error)).toBe(true);
    });
  });
  it('is so when it takes no more connections', () => {
    expect(isDatabaseUnavailable(Object.assign(new Error('sorry, too many clients already'), { code: '53300' }))).toBe(
      true,
    );
  });
  it('is not so when a statement is wrong', async () => {
    await opened(async (source) => {
      const error = await failure(source.query('SELEKT 1'));
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(isDatabaseUnavailable(error)).toBe(false);
      expect(isDatabaseUnavailable(await failure(runNamed(source, { name: 'wrong', text: 'SELECT 1 / 0' }, [])))).toBe(
        false,
      );
    });
  });
  it.each([undefined, null, 'ECONNREFUSED', { code: 'ECONNREFUSED' }, new Error('no')])('is not so for %j', (error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});
