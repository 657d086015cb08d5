import { flowDatabase, insertJourneys, publish } from '@gatehouse/executor-postgres/testing';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';

const versionOf = (...kinds: string[]) => flowVersionOf(kinds.map((kind) => ({ kind, id: kind })));
const CURRENT = versionOf('identification', 'password', 'user_login');
const DRAFT = versionOf('identification', 'password', 'captcha', 'user_login');

let database: Awaited<ReturnType<typeof flowDatabase>>;
beforeAll(async () => {
  database = await flowDatabase();
  const flow = await publish(database.source, 'login', CURRENT);
  await publish(database.source, 'unused', CURRENT);
  await database.source.query(
    `INSERT INTO flow.flow_versions (id, flow_id, number, document, digest) VALUES (gen_random_uuid(), $1, 2, $2, '\\x02')`,
    [flow.flowId, JSON.stringify(DRAFT)],
  );
  const steps = (...outcomes: string[]) =>
    outcomes.map((outcome, i) => {
      const { id, stage } = CURRENT.steps[i]!;
      return { step: id, kind: stage.kind, stage: stage.id, outcome, ms: i };
    });
  const login = { ...flow, outcome: 'done', loggedIn: true, steps: steps('passed', 'passed', 'passed') } as const;
  await insertJourneys(database.source, [
    ...[login, login, login],
    { ...flow, outcome: 'denied', steps: steps('passed', 'denied') },
    { ...flow, outcome: 'abandoned', steps: steps('abandoned') },
    { ...login, endedAt: new Date(Date.now() - 3 * 3_600_000) },
  ]);
});
afterAll(() => database?.close());

const replay = (...args: string[]) => runCli('flow', ['replay', ...args], { env: { DATABASE_URL: database.url } });

it('a replay counts the recorded runs that a draft would change, by cause', async () => {
  const name = DRAFT.steps[2]!.stage.name;
  const { code, stdout } = await replay('login', '2', '--since', '2h');
  expect([code, stdout.split('\n').slice(1)]).toEqual([
    0,
    [
      '  1 would go as they did',
      '  3 would end as they did, with other steps',
      '  0 would end otherwise',
      '  0 are unknown',
      '1 abandoned or expired runs are not replayed',
      `3 would meet the step ${name}`,
      '',
    ],
  ]);
});

it('a replay walks equal records once, and finds no difference to the version that was run', async () => {
  const { stdout } = await replay('login', '1', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ slug: 'login', version: 1, unfinished: 1, walked: 2, causes: [] },
    plans: { same: 5, changed: 0, otherwise: 0, unknown: 0 },
  });
});

it('a replay says that no run is recorded', async () => {
  expect((await replay('unused', '1')).stdout).toMatch(/^no finished run is recorded since \S+Z\n$/);
});

it.each([
  ['an unknown flow', ['unusd', '1'], /^flow: There is no flow unusd\. Did you mean unused\?\n$/],
  ['an unknown version', ['unused', '9'], /^flow: The flow unused has no version 9\. Known: 1\.\n$/],
  ['no version', ['unused'], /^flow: usage: npm run flow -- replay SLUG DRAFT/],
  ['an invalid period', ['unused', '1', '--since', 'x'], /^flow: --since x: Must be a number of hours or days/],
])('a replay refuses %s with a sentence and exit code 1', async (_, args, message) => {
  const { code, stdout, stderr } = await replay(...args);
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)]);
});
