import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../test/support/blocked-statements.js';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { openDataSource } from './typeorm-data-source.js';
import { findExecutedMigrations, MigrationError, migrate, undoMigrations } from './typeorm-migrator.js';
import { createIndexConcurrently, setNotNull, updateInBatches } from './typeorm-schema-changes.js';

class CreateSamples1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner) {
    await runner.query('CREATE TABLE sample.samples (id int PRIMARY KEY, text text)');
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
class AddColumn1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner) {
    await runner.query('ALTER TABLE sample.samples ADD COLUMN added int');
  }
  async down(runner: QueryRunner) {
    await runner.query('ALTER TABLE sample.samples DROP COLUMN added');
  }
}
class IndexText1700000000003 implements MigrationInterface {
  transaction = false;
  async up(runner: QueryRunner) {
    await createIndexConcurrently(runner, INDEX);
  }
  async down(runner: QueryRunner) {
    await runner.query('DROP INDEX sample.samples_text');
  }
}
const INDEX = { name: 'sample.samples_text', on: 'sample.samples (text)' };

let database: FreshDatabase;
let source: DataSource;
let runner: QueryRunner;
beforeEach(async () => {
  database = await freshDatabase();
  source = await openDataSource({ url: database.url, schema: 'sample', poolSize: 5, lockTimeoutMs: 0 });
  runner = source.createQueryRunner();
});
afterEach(async () => {
  await runner.release();
  await source.destroy();
  await database.drop();
});

const LIMITS = { MIGRATION_LOCK_TIMEOUT_MS: 10, MIGRATION_WAIT_S: 60 };
const run = (migrations: readonly (new () => MigrationInterface)[], limits = LIMITS) =>
  migrate(database.url, [{ schema: 'sample', migrations }], limits);
const SAMPLES = [CreateSamples1700000000000];

describe('migrating', () => {
  it('creates the schema, and does nothing the second time', async () => {
    expect(await findExecutedMigrations(source, 'sample')).toEqual([]);
    expect(await run(SAMPLES)).toEqual(['CreateSamples1700000000000']);
    expect(await run(SAMPLES)).toEqual([]);
    expect(await findExecutedMigrations(source, 'sample')).toEqual(['CreateSamples1700000000000']);
  });
  it('runs each migration once when several processes migrate at once, also one with a concurrent index', async () => {
    const migrations = [...SAMPLES, IndexText1700000000003];
    const applied = await Promise.all(Array.from({ length: 4 }, () => run(migrations)));
    expect(applied.flat()).toEqual(['CreateSamples1700000000000', 'IndexText1700000000003']);
  });
  it('rolls back only the failed migration, and can be repeated', async () => {
    await expect(run([...SAMPLES, FailingMigration1700000000001])).rejects.toThrow('broken');
    expect(
      await source.query(`SELECT to_regclass('sample.samples') AS samples, to_regclass('sample.half') AS half`),
    ).toEqual([{ samples: 'sample.samples', half: null }]);
    expect(await run(SAMPLES)).toEqual([]);
  });
  it('undoes migrations in the given order', async () => {
    const schema = { schema: 'sample', migrations: [...SAMPLES, AddColumn1700000000002] };
    await migrate(database.url, [schema], LIMITS);
    const names = ['AddColumn1700000000002', 'CreateSamples1700000000000'];
    await undoMigrations(
      database.url,
      names.map((name) => ({ schema, name })),
      LIMITS,
    );
    expect(await findExecutedMigrations(source, 'sample')).toEqual([]);
    expect(await source.query(`SELECT to_regclass('sample.samples') AS samples`)).toEqual([{ samples: null }]);
  });
});

describe('a lock that another transaction holds', () => {
  beforeEach(async () => {
    await run(SAMPLES);
    await runner.startTransaction();
    await runner.query('SELECT FROM sample.samples');
  });

  it('delays a migration, which does not block other statements meanwhile', async () => {
    const migrating = run([...SAMPLES, AddColumn1700000000002]);
    await waitForBlockedStatements(source, 1);
    // This statement waits for the migration's lock, but at most for MIGRATION_LOCK_TIMEOUT_MS.
    await source.query('SELECT FROM sample.samples');
    await runner.commitTransaction();
    expect(await migrating).toEqual(['AddColumn1700000000002']);
  });
  it('fails a migration after MIGRATION_WAIT_S seconds, with the name of the migration', async () => {
    const limits = { ...LIMITS, MIGRATION_WAIT_S: 1 };
    const error: unknown = await run([...SAMPLES, AddColumn1700000000002], limits).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MigrationError);
    expect(String(error)).toContain('AddColumn1700000000002 got no lock within 1 s');
    await runner.commitTransaction();
    expect(await findExecutedMigrations(source, 'sample')).toEqual(['CreateSamples1700000000000']);
  });
  it('fails `migrate` after MIGRATION_WAIT_S seconds if another `migrate` holds it', async () => {
    await runner.query(`SELECT pg_advisory_lock(hashtext('gatehouse migrations'))`);
    await expect(run(SAMPLES, { ...LIMITS, MIGRATION_WAIT_S: 1 })).rejects.toThrow(
      'Waited 1 s for another process that migrates',
    );
    await runner.commitTransaction();
  });
});

describe('schema changes of a table in use', () => {
  beforeEach(async () => {
    await run(SAMPLES);
    await source.query(`INSERT INTO sample.samples SELECT i, 'text' FROM generate_series(1, 2500) i`);
  });
  const isValid = () =>
    source.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('sample.samples_text')`);

  /** Resolves when a statement of another connection has been running for `ms` milliseconds. */
  async function waitsLongerThan(ms: number): Promise<void> {
    const sql = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
      AND clock_timestamp() - query_start > $1 * interval '1 ms'`;
    let rows: unknown[] = [];
    while (rows.length === 0) rows = await source.query(sql, [ms]);
  }

  it('create an index while transactions write, and wait for them without a lock timeout', async () => {
    await runner.startTransaction();
    await runner.query(`INSERT INTO sample.samples VALUES (0, 'open')`);
    const migrating = run([...SAMPLES, IndexText1700000000003]);
    await waitForBlockedStatements(source, 1);
    await source.query(`UPDATE sample.samples SET text = 'changed' WHERE id = 1`);
    await waitsLongerThan(2 * LIMITS.MIGRATION_LOCK_TIMEOUT_MS);
    await runner.commitTransaction();
    expect(await migrating).toEqual(['IndexText1700000000003']);
    expect(await isValid()).toEqual([{ indisvalid: true }]);
  });
  it('replace an invalid index of an interrupted run', async () => {
    await expect(
      runner.query('CREATE UNIQUE INDEX CONCURRENTLY samples_text ON sample.samples (text)'),
    ).rejects.toThrow('could not create unique index');
    expect(await isValid()).toEqual([{ indisvalid: false }]);
    await createIndexConcurrently(runner, INDEX);
    expect(await isValid()).toEqual([{ indisvalid: true }]);
    await createIndexConcurrently(runner, INDEX);
  });
  it('update all rows in transactions of at most 1000 rows', async () => {
    await updateInBatches(
      runner,
      `WITH batch AS (SELECT id FROM sample.samples WHERE id > $1 ORDER BY id LIMIT $2),
         updated AS (UPDATE sample.samples s SET text = 'new' FROM batch b WHERE s.id = b.id)
       SELECT max(id) AS last FROM batch`,
    );
    expect(
      await source.query(
        `SELECT count(*)::int AS rows FROM sample.samples WHERE text = 'new' GROUP BY xmin::text ORDER BY 1 DESC`,
      ),
    ).toEqual([{ rows: 1000 }, { rows: 1000 }, { rows: 500 }]);
  });
  it('make a column NOT NULL without scanning the locked table, and fail while a row has null', async () => {
    const column = { table: 'sample.samples', column: 'text' };
    await source.query('UPDATE sample.samples SET text = NULL WHERE id = 7');
    await expect(setNotNull(runner, column)).rejects.toThrow('is violated by some row');
    await source.query(`UPDATE sample.samples SET text = '' WHERE id = 7`);
    await setNotNull(runner, column);
    await setNotNull(runner, column);
    await expect(source.query('INSERT INTO sample.samples (id) VALUES (0)')).rejects.toThrow('not-null');
    expect(
      await source.query(`SELECT conname FROM pg_constraint WHERE conname LIKE '%is_set' AND contype = 'c'`),
    ).toEqual([]);
  });
});
