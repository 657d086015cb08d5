import { flowDatabase, insertJourneys, publish } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
beforeAll(async () => {
  database = await flowDatabase();
  await publish(database.source, 'unused');
});
afterAll(() => database?.close());

const funnel = (...args: string[]) => runCli('flow', ['funnel', ...args], { env: { DATABASE_URL: database.url } });

it('the funnel has a line for each step, and the number of plans that no step counts', async () => {
  const flow = await publish(database.source, 'login');
  const steps = [{ step: 'b1~1', kind: 'consent', stage: 's', outcome: 'passed', ms: 1500 }];
  await insertJourneys(database.source, [{ ...flow, outcome: 'done', loggedIn: true, steps }]);
  await database.source.query(
    `INSERT INTO flow.journey_counts (flow_id, version_id, version, hour, outcome, network, plans)
     VALUES ($1, $2, 1, date_trunc('hour', now()), 'abandoned', '', 41)`,
    [flow.flowId, flow.versionId],
  );
  const { code, stdout } = await funnel('login', '--since', '2h');
  expect([code, stdout.split('\n').slice(1)]).toEqual([
    0,
    [
      '',
      'version 1: 42 begun, 1 done (1 logged in), 0 denied, 41 abandoned, 0 expired',
      '  41 of them have no record, so they are in no step',
      '  step          reached  passed  rejected  denied  abandoned  median',
      '  consent b1~1        1       1         0       0          0   1.5 s',
      '',
    ],
  ]);
});

it('the funnel says that no plan of a flow has ended', async () => {
  expect((await funnel('unused')).stdout).toMatch(/^no plan of unused has ended since \S+Z\n$/);
});

it.each([
  ['an unknown flow', ['unusd'], /^flow: There is no flow unusd\. Did you mean unused\?\n$/],
  ['an unknown version', ['unused', '--version', '99'], /^flow: The flow unused has no version 99\. Known: 1\.\n$/],
  ['a version that is not a number', ['unused', '--version', 'x'], /^flow: "x" is not the number of a version/],
  ['an invalid period', ['unused', '--since', 'soon'], /^flow: --since soon: Must be a number of hours or days/],
  ['an unknown option', ['unused', '--all'], /Unknown option '--all'/],
  ['two slugs', ['unused', 'login'], /^flow: usage: npm run flow -- funnel SLUG/],
])('the funnel refuses %s with a sentence and exit code 1', async (_, args, message) => {
  const { code, stdout, stderr } = await funnel(...args);
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)]);
});
