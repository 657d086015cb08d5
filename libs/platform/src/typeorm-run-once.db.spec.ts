import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { openDataSource } from './typeorm-data-source.js';
import { runOnce } from './typeorm-run-once.js';

const TABLE = 'public.done';

let database: FreshDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await freshDatabase();
  source = await openDataSource({ url: database.url, schema: 'public', poolSize: 10 });
  await source.query(`CREATE TABLE ${TABLE} (id text PRIMARY KEY, reply jsonb, at timestamptz NOT NULL DEFAULT now())`);
  await source.query('CREATE TABLE public.works (id text)');
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});
beforeEach(() => source.query(`TRUNCATE ${TABLE}, public.works`));

const runWork = (id: string) =>
  runOnce(source, { table: TABLE, id }, async (manager) => {
    await manager.query('INSERT INTO public.works VALUES ($1)', [id]);
    const [{ count }] = await manager.query('SELECT count(*)::int FROM public.works');
    return { count };
  });
const finishedIds = async () =>
  (await source.query('SELECT id FROM public.works ORDER BY id')).map(({ id }: { id: string }) => id);

describe('idempotent work', () => {
  it('runs once for several concurrent calls with one id, which all get the same reply', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => runWork('a')));
    expect(replies).toEqual(Array.from({ length: 8 }, () => ({ count: 1 })));
    expect(await runWork('a')).toEqual({ count: 1 });
    expect(await runWork('b')).toEqual({ count: 2 });
    expect(await finishedIds()).toEqual(['a', 'b']);
  });

  it('is rolled back when it fails, and can be repeated', async () => {
    const failing = runOnce(source, { table: TABLE, id: 'a' }, async (manager) => {
      await manager.query(`INSERT INTO public.works VALUES ('a')`);
      throw new Error('too early');
    });
    await expect(failing).rejects.toThrow('too early');
    expect(await finishedIds()).toEqual([]);
    expect(await runWork('a')).toEqual({ count: 1 });
  });

  it('has its record deleted by a later call after a day', async () => {
    await runWork('a');
    await runWork('b');
    await source.query(`UPDATE ${TABLE} SET at = now() - interval '25 hours' WHERE id = 'a'`);
    await runWork('c');
    expect(await source.query(`SELECT id FROM ${TABLE} ORDER BY id`)).toEqual([{ id: 'b' }, { id: 'c' }]);
  });
});
