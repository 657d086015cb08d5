import { openDataSource } from '@gatehouse/platform';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { allMigrations } from './migrate-all.js';

/**
 * Migrations that scan or rewrite an existing table while no other transaction can write it, each with the reason why
 * that is acceptable. All of them are from before the first release.
 */
const ACCEPTED: Readonly<Record<string, string>> = {
  'Courier1764374400000: flow.outbox': 'rows leave the outbox when they are delivered',
  'InvitationsUsedUp1764288000000: directory.invitations': 'an installation has few invitations',
  'PermitsOfServices1764547380000: directory.superuser_permits': 'the table has at most one row for each superuser',
};

/**
 * Time of the last migration before the first release. Only later migrations must be contract steps if they remove
 * something (docs/adr/0051).
 */
const FIRST_RELEASE = 1_764_720_000_000;

let database: FreshDatabase;
let source: DataSource;
let runner: QueryRunner;
beforeAll(async () => {
  database = await freshDatabase();
  source = await openDataSource({ url: database.url, schema: 'public', poolSize: 2, lockTimeoutMs: 0 });
  runner = source.createQueryRunner();
});
afterAll(async () => {
  await runner.release();
  await source.destroy();
  await database.drop();
});

/** A table of an earlier migration that a transaction has locked, and what the transaction has done to it. */
interface TouchedTable {
  readonly table: string;
  /** Whether a lock of the transaction blocks writes of other transactions to the table. */
  readonly blocks: boolean;
  readonly writes: boolean;
  readonly scanned: boolean;
  readonly rewritten: boolean;
}

/**
 * Returns how often this transaction has scanned each table, in the order of the ids in $1. The numbers include scans
 * of empty tables, and scans by this connection shortly before the transaction.
 */
const SCANS = `
SELECT array_agg(coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0) ORDER BY t.n) AS scans
FROM unnest($1::oid[]) WITH ORDINALITY t (id, n) LEFT JOIN pg_stat_xact_all_tables s ON s.relid = t.id`;

/**
 * Returns the tables that this transaction has locked. $1 ids of tables, $2 their files before the migration, $3 their
 * numbers of scans at the start of the transaction.
 */
const TOUCHED = `
SELECT t.id::regclass::text AS "table", pg_relation_filenode(t.id) <> t.file AS rewritten,
  bool_or(l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) AS blocks,
  bool_or(l.mode = 'RowExclusiveLock') AS writes,
  coalesce(max(s.seq_scan), 0) + coalesce(max(s.idx_scan), 0) > t.scans AS scanned
FROM unnest($1::oid[], $2::oid[], $3::bigint[]) t (id, file, scans)
JOIN pg_locks l ON l.relation = t.id AND l.pid = pg_backend_pid()
LEFT JOIN pg_stat_xact_all_tables s ON s.relid = t.id
GROUP BY t.id, t.file, t.scans`;

const TABLES = `
SELECT array_agg(c.oid) AS ids, array_agg(pg_relation_filenode(c.oid)) AS files FROM pg_class c
WHERE c.relkind = 'r' AND c.relname <> 'migrations' AND c.relnamespace::regnamespace::text !~ '^(pg_|information_)'`;

/** What services of the previous version may use: columns, and functions with their parameters. */
const USED = `
SELECT attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) AS name
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'v')
  AND c.relnamespace::regnamespace::text !~ '^(pg_|information_)'
UNION ALL
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace::regnamespace::text !~ '^(pg_|information_)' AND prorettype <> 'trigger'::regtype`;

/** Runs a migration. Returns the tables that it scans or rewrites while no other transaction can write them. */
async function heavyTables(migration: MigrationInterface): Promise<string[]> {
  const query = runner.query.bind(runner);
  const [{ ids, files }] = await query(TABLES);
  const found = new Set<string>();
  const inTransaction = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    await query('BEGIN');
    const [{ scans }] = await query(SCANS, [ids ?? []]);
    const result = await work();
    const touched: TouchedTable[] = await query(TOUCHED, [ids ?? [], files ?? [], scans ?? []]);
    const isBatch = sql.includes('LIMIT $2');
    for (const { table, blocks, writes, scanned, rewritten } of touched)
      if (rewritten || (scanned && (blocks || (writes && !isBatch)))) found.add(table);
    await query('COMMIT');
    return result;
  };
  if (migration.transaction !== false) await inTransaction('', () => migration.up(runner));
  else {
    // Runs each statement in its own transaction. CONCURRENTLY is not possible in an explicit transaction.
    runner.query = (sql: string, values?: unknown[]) =>
      /CONCURRENTLY|^(RE)?SET /.test(sql) ? query(sql, values) : inTransaction(sql, () => query(sql, values));
    await migration.up(runner).finally(() => Object.assign(runner, { query }));
  }
  return [...found].sort();
}

const used = async () => new Set((await runner.query(USED)).map(({ name }: { name: string }) => name));

describe('the migrations', () => {
  it('neither scan nor rewrite a locked table, and remove columns or functions only in contract steps', async () => {
    const heavy: string[] = [];
    const removing: string[] = [];
    for (const { schema, migrations } of allMigrations) {
      await runner.query(`CREATE SCHEMA ${schema}`);
      for (const Migration of migrations) {
        const before = await used();
        for (const table of await heavyTables(new Migration())) heavy.push(`${Migration.name}: ${table}`);
        const after = await used();
        const isRemoving = [...before].some((name) => !after.has(name));
        if (isRemoving && Number(Migration.name.slice(-13)) > FIRST_RELEASE) removing.push(Migration.name);
      }
    }
    expect(heavy.sort()).toEqual(Object.keys(ACCEPTED).sort());
    expect(removing.filter((name) => !name.startsWith('Contract'))).toEqual([]);
  });
});

describe('heavyTables', () => {
  beforeAll(() => runner.query('CREATE TABLE public.samples (id int PRIMARY KEY, text varchar(9), other int)'));
  const migration = (statement: string, transaction?: false): MigrationInterface => ({
    ...{ up: (on) => on.query(statement), down: () => Promise.resolve() },
    ...(transaction === undefined ? {} : { transaction }),
  });

  it.each([
    'CREATE INDEX a ON samples (text)',
    'ALTER TABLE samples ALTER COLUMN text SET NOT NULL',
    'ALTER TABLE samples ALTER COLUMN text TYPE varchar(8)',
    'ALTER TABLE samples ADD COLUMN random uuid DEFAULT gen_random_uuid()',
    'ALTER TABLE samples ADD CHECK (other > 0)',
    'ALTER TABLE samples ADD FOREIGN KEY (other) REFERENCES samples',
    `UPDATE samples SET text = ''`,
    'DELETE FROM samples WHERE id > 0',
    'ALTER TABLE samples ADD COLUMN first int; UPDATE samples SET first = 1',
  ])('reports the table of %s', async (statement) => {
    expect(await heavyTables(migration(statement))).toEqual(['samples']);
  });
  it.each([
    'ALTER TABLE samples ADD COLUMN constant int NOT NULL DEFAULT 0',
    'ALTER TABLE samples ALTER COLUMN text TYPE text',
    'ALTER TABLE samples ADD CONSTRAINT positive CHECK (other > 0) NOT VALID',
    'CREATE TABLE others (id int PRIMARY KEY REFERENCES samples); CREATE INDEX b ON others (id)',
    'CREATE VIEW v AS SELECT * FROM samples',
  ])('reports no table for %s', async (statement) => {
    expect(await heavyTables(migration(statement))).toEqual([]);
  });
  it('reports no table for a concurrent index, a validation and a batch, and reports an update of a whole table', async () => {
    const statements = [
      'CREATE INDEX CONCURRENTLY c ON samples (other)',
      'ALTER TABLE samples VALIDATE CONSTRAINT positive',
    ];
    for (const statement of statements) expect(await heavyTables(migration(statement, false))).toEqual([]);
    expect(await heavyTables(migration(`UPDATE samples SET text = ''`, false))).toEqual(['samples']);
  });
});
