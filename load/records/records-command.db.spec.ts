import { flowDatabase, insertJourneys, publish } from '@gatehouse/executor-postgres/testing';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runCli } from '../../test/support/commands.js';
import { makeRecords } from './records-command.js';

const KINDS = ['captcha', 'identification', 'password', 'authenticator_validate', 'user_login'];
const VERSION = flowVersionOf(KINDS.map((kind) => ({ kind, id: kind })));

let database: Awaited<ReturnType<typeof flowDatabase>>;
let flow: Awaited<ReturnType<typeof publish>>;
beforeAll(async () => {
  database = await flowDatabase();
  flow = await publish(database.source, 'login', VERSION);
});
afterAll(() => database?.close());
beforeEach(() => database.source.query('TRUNCATE flow.journeys'));

const make = (...args: string[]) => makeRecords(['--flow', 'login', ...args], { DATABASE_URL: database.url });
const outcomes = () =>
  database.source.query<{ outcome: string; plans: number; steps: number }[]>(
    `SELECT outcome, count(*)::int AS plans, sum(jsonb_array_length(steps))::int AS steps FROM flow.journeys
     GROUP BY outcome ORDER BY outcome`,
  );
const replay = async () => {
  const { stdout } = await runCli('flow', ['replay', 'login', '1', '--json'], { env: { DATABASE_URL: database.url } });
  return JSON.parse(stdout) as unknown;
};

it('generated records replay without a difference in the version of their runs', async () => {
  const { output, exitCode } = await make('--count', '2000');
  expect([output, exitCode]).toEqual(['Made 2000 records of login version 1 over 7 days, with the seed 1.\n', 0]);
  const ended = Object.fromEntries((await outcomes()).map(({ outcome, plans }) => [outcome, plans]));
  expect(Object.keys(ended)).toEqual(['abandoned', 'denied', 'done']);
  expect(await replay()).toMatchObject({
    plans: { same: ended['done']! + ended['denied']!, changed: 0, otherwise: 0, unknown: 0 },
    ...{ unfinished: ended['abandoned'], causes: [] },
  });
});

it('the same seed generates the same records, and another seed others', async () => {
  const made = [];
  for (const seed of ['3', '3', '4']) {
    await database.source.query('TRUNCATE flow.journeys');
    await make('--count', '300', '--random-seed', seed);
    made.push(JSON.stringify(await outcomes()));
  }
  expect(made[1]).toBe(made[0]);
  expect(made[2]).not.toBe(made[0]);
});

it('the generated records are spread over the given days', async () => {
  await make('--count', '500', '--days', '3');
  const [row] = await database.source.query<Record<string, number>[]>(
    `SELECT count(DISTINCT floor(extract(epoch FROM now() - ended_at) / 86400))::int AS parts, count(DISTINCT plan_id)::int AS plans,
       count(*) FILTER (WHERE ended_at > now() OR ended_at < now() - interval '3 days 1 minute')::int AS outside,
       count(*) FILTER (WHERE begun_at > ended_at)::int AS backwards FROM flow.journeys`,
  );
  expect(row).toEqual({ parts: 3, plans: 500, outside: 0, backwards: 0 });
});

it('records are added beside those of real visitors only with --beside-real', async () => {
  await make('--count', '10');
  await make('--count', '10', '--random-seed', '2');
  await insertJourneys(database.source, [{ ...flow, outcome: 'done', steps: [] }]);
  await expect(make('--count', '10')).rejects.toThrow(/records of real visitors.*--beside-real/);
  const count = async () => (await outcomes()).reduce((sum, { plans }) => sum + plans, 0);
  expect(await count()).toBe(21);
  await make('--count', '10', '--beside-real');
  expect(await count()).toBe(31);
});

it.each([
  ['an unknown flow', ['--flow', 'none'], 'There is no flow none.'],
  ['too many records', ['--count', '10000001'], '--count:'],
  ['too many days', ['--days', '31'], '--days:'],
  [
    'a server that cannot be reached',
    ['--database', 'postgres://127.0.0.1:1/none'],
    '--database: Postgres cannot be reached',
  ],
])('%s: the command fails and names the wrong option', async (_, args, message) => {
  await expect(make(...args)).rejects.toThrow(message);
});
