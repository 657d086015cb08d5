import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { type NamedStatement, PreparedStatementQuery, type StatementResult } from './prepared-statement-query.js';

let database: FreshDatabase;
let client: pg.Client;
beforeEach(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.url);
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

function run(statement: NamedStatement, values: unknown[] = []): Promise<StatementResult<unknown> | undefined> {
  const { query } = client as unknown as { query(run: PreparedStatementQuery<unknown>): void };
  return new Promise((resolve, reject) => {
    const prepared = new PreparedStatementQuery(statement, values);
    prepared.callback = (error, rows) => (error ? reject(error) : resolve(rows));
    query.call(client, prepared);
  });
}

/** Starts counting the row descriptions that the server sends. Returns a function that returns the count. */
function countRowDescriptions(): () => number {
  let count = 0;
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('rowDescription', () => count++);
  return () => count;
}

const ONE = { name: 'one', text: 'SELECT $1::int AS one' };

describe('an execution of a prepared statement', () => {
  it('returns the same values of every type as pg’s own query', async () => {
    const text = `SELECT $1::int AS int, $2::float8 AS float, $3::bool AS bool, $4::text AS text, $5::bytea AS bytes,
      $6::jsonb AS json, $7::timestamptz AS time, $8::text[] AS texts, $9::bytea[] AS blobs, $10::uuid AS nothing`;
    const at = new Date('2026-11-26T17:00:00.123Z');
    const blobs = [Buffer.from([0, 255]), null];
    const values = [7, 1.5, true, 'ü"\\', Buffer.from([0, 1, 254]), { a: [1] }, at, ['a,b', null, '"'], blobs, null];

    const prepared = await run({ name: 'kinds', text }, values);
    const plain = await client.query(text, values);
    expect(prepared).toEqual({ rows: plain.rows, rowCount: 1 });
    expect(await run({ name: 'kinds', text }, values)).toEqual(prepared);
  });

  it('returns the number of changed rows, also if the statement returns no rows', async () => {
    await client.query('CREATE TABLE samples (id int PRIMARY KEY)');
    const insert = { name: 'insert', text: 'INSERT INTO samples SELECT unnest($1::int[])' };
    expect(await run(insert, [[1, 2, 3]])).toEqual({ rows: [], rowCount: 3 });
    expect(await run({ name: 'gone', text: 'DELETE FROM samples WHERE id > $1' }, [1])).toEqual({
      rows: [],
      rowCount: 2,
    });
  });

  it('requests the row description of its statement once for each connection', async () => {
    const descriptions = countRowDescriptions();
    const results = [await run(ONE, [1]), await run(ONE, [2]), await run(ONE, [3])];
    expect(results.map((result) => result?.rows)).toEqual([[{ one: 1 }], [{ one: 2 }], [{ one: 3 }]]);
    expect(descriptions()).toBe(1);
  });

  it('fails if another statement has the same name, or if a value cannot be serialised', async () => {
    await run(ONE, [1]);
    await expect(run({ name: 'one', text: 'SELECT 2 AS two' })).rejects.toThrow(
      'two different statements have the name one',
    );
    await expect(run(ONE, [{ count: 1n }])).rejects.toThrow(/BigInt/);
    expect(await run(ONE, [2])).toMatchObject({ rows: [{ one: 2 }] });
  });

  it('rejects with the error of Postgres, after which the connection is still usable', async () => {
    const divide = { name: 'divide', text: 'SELECT 6 / $1::int AS sixth' };
    await expect(run(divide, [0])).rejects.toMatchObject({ code: '22012' });
    expect(await run(divide, [2])).toEqual({ rows: [{ sixth: 3 }], rowCount: 1 });
    await expect(run({ name: 'later', text: 'SELECT id FROM later' })).rejects.toMatchObject({ code: '42P01' });
    await client.query('CREATE TABLE later (id int)');
    expect(await run({ name: 'later', text: 'SELECT id FROM later' })).toEqual({ rows: [], rowCount: 0 });
  });
});
