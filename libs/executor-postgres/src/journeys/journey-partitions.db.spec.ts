import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { flowDatabase } from '../../testing/flow-database.js';

const [DAY_MS, TEST_MS] = [86_400_000, 20_000];

let database: Awaited<ReturnType<typeof flowDatabase>>;
beforeEach(async () => {
  // The partitions are those of the present day in UTC, so a test may not begin just before its end.
  const restMs = DAY_MS - (Date.now() % DAY_MS);
  if (restMs < TEST_MS) await setTimeout(restMs);
  database = await flowDatabase();
});
afterEach(() => database.close());

const query = <T = Record<string, unknown>>(sql: string, values: unknown[] = []) =>
  database.source.query<T[]>(sql, values);

const add = (endedAt: string) =>
  query(
    `INSERT INTO flow.journeys (plan_id, flow_id, version_id, begun_at, ended_at, outcome, logged_in, steps, verdicts)
     VALUES ($1, $1, $1, now(), ${endedAt}, 'done', true, '[]', '{}')`,
    [randomUUID()],
  );
const keep = async (kept = '30 days') =>
  (await query<{ made: number; dropped: number }>('SELECT * FROM flow.keep_journey_partitions($1)', [kept]))[0];
const rowsIn = async (table: string) => (await query(`SELECT FROM ${table}`)).length;
const partitions = async () =>
  (
    await query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'flow.journeys'::regclass ORDER BY 1`,
    )
  ).map(({ name }) => name);
const nameOf = (days: number) =>
  `flow.journeys_${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;

/** Creates a partition whose day is this many days ago, with one record. Returns its name. */
async function addOldPartition(days: number): Promise<string> {
  const name = nameOf(-days);
  const day = (n: number) => `'${new Date(Date.now() - n * DAY_MS).toISOString().slice(0, 10)} 00:00Z'`;
  await query(`CREATE TABLE ${name} PARTITION OF flow.journeys FOR VALUES FROM (${day(days)}) TO (${day(days - 1)})`);
  await add(`${day(days)}::timestamptz + interval '1 hour'`);
  return name;
}

describe('the partitions of flow.journeys', () => {
  it('are created for the next three days, once', async () => {
    expect([await keep(), await keep()]).toEqual([
      { made: 3, dropped: 0 },
      { made: 0, dropped: 0 },
    ]);
    expect(await partitions()).toEqual([...[1, 2, 3].map(nameOf), 'flow.journeys_default']);
    await add(`now() + interval '1 day'`);
    expect([await rowsIn(nameOf(1)), await rowsIn('flow.journeys_default')]).toEqual([1, 0]);
  });

  it('are dropped when the retention of their last record is over', async () => {
    await keep();
    const [old, kept] = [await addOldPartition(40), await addOldPartition(29)];
    expect(await keep()).toEqual({ made: 0, dropped: 1 });
    const left = await partitions();
    expect([left.includes(old), left.includes(kept)]).toEqual([false, true]);
  });

  it('are kept for at least a day, even with a shorter retention', async () => {
    await keep();
    await add('now()');
    expect(await keep('0 seconds')).toEqual({ made: 0, dropped: 0 });
    expect(await keep('-30 days')).toEqual({ made: 0, dropped: 0 });
    expect(await rowsIn('flow.journeys')).toBe(1);
  });

  it('do not exist for some days, whose records stay in the default partition until their retention is over', async () => {
    await add('now()');
    await add(`now() - interval '40 days'`);
    await add(`now() + interval '1 day'`);
    expect(await rowsIn('flow.journeys_default')).toBe(3);
    expect(await keep()).toEqual({ made: 3, dropped: 0 });
    expect([await rowsIn(nameOf(1)), await rowsIn('flow.journeys_default')]).toEqual([1, 1]);
  });
});

describe('during another transaction', () => {
  let other: DataSource;
  beforeEach(async () => {
    other = await openDataSource({ url: database.url, schema: 'flow', poolSize: 1 });
  });
  afterEach(() => other.destroy());

  it('that reads journeys, writers wait at most for the lock timeout, and partitions change only with the next call', async () => {
    await keep();
    const old = await addOldPartition(40);
    await query(`DROP TABLE ${nameOf(3)}`);
    await other.transaction(async (manager) => {
      await manager.query('SELECT count(*) FROM flow.journeys');
      const tried = keep();
      await add('now()');
      expect(await tried).toEqual({ made: 0, dropped: 0 });
      await add('now()');
    });
    expect(await keep()).toEqual({ made: 1, dropped: 1 });
    expect(await partitions()).not.toContain(old);
    expect(await rowsIn('flow.journeys')).toBe(2);
  });

  it('that creates partitions, the record of a login waits and is then stored, even without a partition of its day', async () => {
    const added = await other.transaction(async (manager) => {
      await manager.query(`SELECT * FROM flow.keep_journey_partitions('30 days')`);
      const waiting = add('now()').catch((error: unknown) => error);
      await waitForBlockedStatements(database.source, 1);
      return { waiting };
    });
    expect(await added.waiting).toEqual([]);
    expect(await rowsIn('flow.journeys')).toBe(1);
  });
});
