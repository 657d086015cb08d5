import type { DataSource } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { freshDatabase } from '../../../test/support/postgres.js';
import { recordTestSpans } from '../../../test/support/spans.js';
import { traceWork } from './tracing/active-span.js';
import { summaryOf } from './tracing/database-spans.js';
import { openDataSource, runNamed } from './typeorm-data-source.js';

async function openTraced(): Promise<{ source: DataSource; ended: ReturnType<typeof recordTestSpans>['ended'] }> {
  const { ended } = recordTestSpans();
  const database = await freshDatabase();
  const source = await openDataSource({ url: database.url, schema: 'sample', poolSize: 1 });
  onTestFinished(async () => {
    await source.destroy();
    await database.drop();
  });
  return { source, ended };
}

it('each statement of a recorded request has a span with its name or its table, without values and SQL text', async () => {
  const { source, ended } = await openTraced();
  const named = { name: 'find_sample', text: 'SELECT $1::text AS value' };
  await runNamed(source, named, ['secret']);
  await source.query('SELECT 1');
  expect(ended()).toEqual([]);
  await traceWork({ name: 'request' }, async () => {
    await runNamed(source, named, ['secret']);
    await source.transaction((manager) => manager.query('SELECT relname FROM pg_class WHERE relname = $1', ['secret']));
  });
  expect(ended().map(({ name, kind }) => [name, kind])).toEqual([
    ['find_sample', 2],
    ['START TRANSACTION', 2],
    ['SELECT pg_class', 2],
    ['COMMIT', 2],
    ['request', 0],
  ]);
  expect(ended()[0]?.attributes).toEqual({ 'db.system.name': 'postgresql', 'db.query.summary': 'find_sample' });
  const request = ended().at(-1)!.spanContext();
  for (const span of ended().slice(0, -1)) expect(span.parentSpanContext).toMatchObject(request);
  expect(JSON.stringify(ended().map(({ attributes }) => attributes))).not.toContain('secret');
});

it('the span of a failed statement has its SQLSTATE', async () => {
  const { source, ended } = await openTraced();
  const failing = { name: 'divide', text: 'SELECT 1 / $1::int' };
  await traceWork({ name: 'request' }, async () => {
    await expect(runNamed(source, failing, [0])).rejects.toThrow('division by zero');
    await expect(source.query('SELECT 1 / $1::int', [0])).rejects.toThrow('division by zero');
  });
  expect(ended().map(({ name, attributes }) => [name, attributes['error.type']])).toEqual([
    ['divide', '22012'],
    ['SELECT', '22012'],
    ['request', undefined],
  ]);
});

it.each([
  ['SELECT "User"."id" FROM "directory"."users" "User" WHERE x = $1', 'SELECT directory.users'],
  ['INSERT INTO sample.samples VALUES ($1)', 'INSERT sample.samples'],
  ["UPDATE samples SET a = 'secret'", 'UPDATE samples'],
  ['DELETE FROM samples', 'DELETE samples'],
  ["SELECT 'secret'", 'SELECT'],
  ['START TRANSACTION', 'START TRANSACTION'],
  ['', 'QUERY'],
])('summaryOf summarises the statement %j as %s', (text, summary) => {
  expect(summaryOf(text)).toBe(summary);
});
