import { type DataSource, type MigrationInterface, QueryFailedError, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { findFreePort } from './free-port.js';
import { isDatabaseUnavailable, migrate, openDataSource, runNamed } from './typeorm-data-source.js';

class CreateSamples1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner) {
    await runner.query('CREATE TABLE sample.samples (id int PRIMARY KEY)');
  }
  async down(runner: QueryRunner) {
    await runner.query('DROP TABLE sample.samples');
  }
}
class FailingMigration1700000000001 implements MigrationInterface {
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

const sample = () => ({ url: database.url, schema: 'sample', migrations: [CreateSamples1700000000000] });

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

describe('migrating', () => {
  it('creates the schema, and does nothing the second time', async () => {
    expect(await migrate(sample())).toEqual(['CreateSamples1700000000000']);
    expect(await migrate(sample())).toEqual([]);
  });
  it('runs once when several processes migrate at once', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(sample())));
    expect(applied.flat()).toEqual(['CreateSamples1700000000000']);
  });
  it('keeps completed migrations, rolls back the failed one, and can be repeated', async () => {
    const failing = { ...sample(), migrations: [CreateSamples1700000000000, FailingMigration1700000000001] };
    await expect(migrate(failing)).rejects.toThrow('broken');
    const rows = await withDataSource((source) =>
      source.query(`SELECT to_regclass('sample.samples') AS samples, to_regclass('sample.half') AS half`),
    );
    expect(rows).toEqual([{ samples: 'sample.samples', half: null }]);
    expect(await migrate(sample())).toEqual([]);
  });
});

describe('a named statement', () => {
  it('returns rows and the number of changed rows', async () => {
    await migrate(sample());
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
    await migrate(sample());
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
  it('is true for an error that the ORM wraps', async () => {
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
  it.each([undefined, null, 'ECONNREFUSED', { code: 'ECONNREFUSED' }, new Error('no')])('is false for %j', (error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});
