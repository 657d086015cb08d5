import { randomBytes, randomUUID } from 'node:crypto';
import { flowOf } from '@gatehouse/executor/testing';
import { PlanStoreHarness, publish } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';
import { recordedEvents } from '../../../../test/support/recorded-events.js';

const seal = `k:${randomBytes(32).toString('base64')}`;
const SLUG = 'login';

let database: PlanStoreHarness;
let versions: { flowId: string; versionId: string };
beforeAll(async () => {
  database = await PlanStoreHarness.open();
});
afterAll(() => database?.close());
beforeEach(async () => {
  await database.source.query('DELETE FROM flow.flows');
  await database.source.query('DELETE FROM flow.flow_versions');
  const version = flowOf([{ kind: 'dummy' }]);
  versions = await publish(database.source, SLUG, { ...version, flow: { ...version.flow, slug: SLUG } });
  await addVersion(2);
});

async function addVersion(number: number) {
  await database.source.query(
    `INSERT INTO flow.flow_versions (id, flow_id, number, document, digest, is_draft)
     SELECT $1, flow_id, $2, document, $3, true FROM flow.flow_versions WHERE number = 1`,
    [randomUUID(), number, randomBytes(32)],
  );
}

const run = (...args: string[]) =>
  runCli('flow', args, { env: { DATABASE_URL: database.url, SEAL_KEYS: seal, ROLLOUT_SETTLE_S: '1' } });
const state = async () => {
  const [row] = await database.source.query<{ number: number; share: number | null }[]>(
    `SELECT v.number, f.candidate_share AS share FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id`,
  );
  return row;
};

describe('npm run flow -- publish --percent', () => {
  it('gives a version a share of the new plans, and says what happens next', async () => {
    const { code, stdout } = await run('publish', SLUG, '2', '--percent', '10', '--guard', 'completion=-2%');
    expect([code, ...stdout.trim().split('\n')]).toEqual([
      0,
      'version 2 of login gets 10 % of the new plans, version 1 the others',
      expect.stringMatching(/^the guard completion=-2% watches until \d{4}-\S+Z$/),
      'if the rate drops by more, it goes back to version 1, unless version 2 protects accounts more',
      'otherwise it then publishes version 2, once there is enough data to compare',
      'show the rollout: npm run flow -- rollout login',
      'end it: npm run flow -- rollback login',
    ]);
    expect(await state()).toEqual({ number: 1, share: 1000 });
  });

  it('writes an audit event', async () => {
    await run('publish', SLUG, '2', '--percent', '10', '--guard', 'completion=-2%');
    const rows = (sql: string) => database.source.query(sql);
    const events = await recordedEvents({ rows, sealing: { SEAL_KEYS: seal } }, 'flow_rollout_started');
    expect(events.at(-1)?.data.context).toMatchObject({ version: 2, current_version: 1, percent: 10, guard_margin: 2 });
  });

  it('raises the share, and publishes the version at 100 % or without a share', async () => {
    for (const last of [['2', '--percent', '100'], ['2'], []]) {
      await run('publish', SLUG, '2', '--percent', '10');
      await run('publish', SLUG, '2', '--percent', '50');
      expect(await state()).toEqual({ number: 1, share: 5000 });
      expect((await run('publish', SLUG, ...last)).stdout).toMatch(/^published login: version 2 is current/);
      expect(await state()).toEqual({ number: 2, share: null });
      await run('rollback', SLUG);
      await database.source.query('UPDATE flow.flow_versions SET is_draft = true WHERE number = 2');
    }
  });

  it('is ended by rollback', async () => {
    await run('publish', SLUG, '2', '--percent', '10');
    expect((await run('rollback', SLUG)).stdout).toContain('stopped the rollout of version 2');
    expect(await state()).toEqual({ number: 1, share: null });
  });

  it.each([
    '--percent 0',
    '--percent 101',
    '--percent ten',
    '--percent 10 --guard completion=2%',
    '--percent 10 --guard errors=-2%',
    '--percent 10 --guard completion=-2% --for 1',
    '--percent 10 --guard completion=-2% --for 8d',
    '--percent 10 --for 1h',
    '--percent 100 --guard completion=-2%',
    '--guard completion=-2%',
    '--for 1h',
  ])('refuses %s in one line, and changes nothing', async (args) => {
    const { code, stderr } = await run('publish', SLUG, '2', ...args.split(' '));
    expect([code, stderr.trim().split('\n')]).toEqual([1, [expect.stringMatching(/^[^\n]{10,220}$/)]]);
    expect(await state()).toEqual({ number: 1, share: null });
  });

  it('refuses an unknown flow, an unknown version, the current version and a second rollout in one line', async () => {
    await addVersion(3);
    const failure = async (...args: string[]) => {
      const { code, stderr } = await run(...args, '--percent', '10');
      return [code, stderr.trim()];
    };
    expect(await failure('publish', 'nowhere', '2')).toEqual([
      1,
      'flow: There is no published flow with the slug nowhere.',
    ]);
    expect(await failure('publish', SLUG, '9')).toEqual([1, 'flow: The flow login has no version 9.']);
    expect(await failure('publish', SLUG, '1')).toEqual([1, 'flow: Version 1 of the flow login is current already.']);
    await run('publish', SLUG, '2', '--percent', '10');
    expect(await failure('publish', SLUG, '3')).toEqual([
      1,
      'flow: Version 2 of the flow login is being rolled out. Publish it or roll it back first.',
    ]);
    expect(await state()).toEqual({ number: 1, share: 1000 });
  });
});

describe('npm run flow -- rollout', () => {
  it('shows the share, the counts and what the guard says, also as JSON', async () => {
    await run('publish', SLUG, '2', '--percent', '2.5', '--guard', 'completion=-0.5%', '--for', '2h');
    await database.source.query(`UPDATE flow.rollouts SET counted_from = now() - interval '1 h'`);
    await database.source.query(
      `INSERT INTO flow.journeys (plan_id, flow_id, version_id, version, begun_at, ended_at, outcome, logged_in, steps,
         verdicts, network)
       SELECT gen_random_uuid(), $1, $2, 1, now() - interval '1 min', now(),
         CASE WHEN n < 4 THEN 'done' ELSE 'denied' END, false, '[]', '{}', '\\x01'
       FROM generate_series(1, 4) n`,
      [versions.flowId, versions.versionId],
    );
    const { stdout } = await run('rollout', SLUG);
    expect(stdout.trim().split('\n')).toEqual([
      'version 2 of login gets 2.5 % of the new plans, version 1 the others',
      expect.stringMatching(/^started \S+Z, counted from \S+Z$/),
      'version 1: 3 of 4 answered plans completed (75.0 %), from 1 networks',
      'version 2: no answered plans yet',
      expect.stringMatching(/^the guard completion=-0.5% watches until \S+Z: it has not looked yet$/),
    ]);
    expect(JSON.parse((await run('rollout', SLUG, '--json')).stdout)).toMatchObject({
      ...{ slug: SLUG, current: 1, candidate: 2, percent: 2.5, guard: 'completion=-0.5%', finding: null, tests: 0 },
      counts: { current: { plans: 4, completed: 3, networks: 1 }, candidate: { plans: 0 } },
    });
  });

  it('says in one line that there is no rollout', async () => {
    expect(await run('rollout', SLUG)).toMatchObject({
      code: 1,
      stderr: 'flow: No version of the flow login is being rolled out.\n',
    });
  });
});
