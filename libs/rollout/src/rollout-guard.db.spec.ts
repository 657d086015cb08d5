import { randomBytes, randomUUID } from 'node:crypto';
import { FLOW_SCHEMA, FlowReleases, FlowRollouts } from '@gatehouse/blueprints';
import { CommandEventRecorder } from '@gatehouse/outbox';
import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { metrics, openDataSource, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { recordedEvents } from '../../../test/support/recorded-events.js';
import { reportRollouts } from './rollout.metrics.js';
import { RolloutCountsRepository } from './rollout-counts.repository.js';
import { RolloutGuard } from './rollout-guard.js';
import { RolloutGuardRepository } from './rollout-guard.repository.js';

const SETTINGS = { lookS: 30, settleS: 60, graceS: 900 };
const SEAL_KEYS = `test:${randomBytes(32).toString('base64')}`;
const GUARD = { margin: 200, watchS: 3600 };
const LOGIN = ['identification', 'password', 'user_login'];
const versionOf = (...kinds: string[]) => flowVersionOf(kinds.map((kind) => ({ id: kind, kind })));

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
let rollouts: FlowRollouts;
let releases: FlowReleases;
let flow: { id: string; slug: string; versions: string[] };
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: FLOW_SCHEMA, poolSize: 4 });
  [rollouts, releases] = [new FlowRollouts({ source }), new FlowReleases({ source })];
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});
beforeEach(() => publish(versionOf(...LOGIN), versionOf('captcha', ...LOGIN)));

/** Adds a flow with these versions, of which the first is current. */
async function publish(...versions: FlowVersion[]) {
  flow = { id: randomUUID(), slug: `flow-${randomUUID().slice(0, 8)}`, versions: versions.map(() => randomUUID()) };
  for (const [i, { flow: content, ...version }] of versions.entries())
    await source.query(
      'INSERT INTO flow.flow_versions (id, flow_id, number, document, digest) VALUES ($1, $2, $3, $4, $5)',
      [
        ...[flow.versions[i], flow.id, i + 1],
        JSON.stringify({ ...version, flow: { ...content, id: flow.id, slug: flow.slug } }),
        Buffer.from(flow.versions[i]!),
      ],
    );
  await source.query(
    `INSERT INTO flow.flows (id, slug, designation, version_id) VALUES ($1, $2, 'authentication', $3)`,
    [...[flow.id, flow.slug, flow.versions[0]]],
  );
}

interface MadePlans {
  readonly version: number;
  readonly outcome: string;
  readonly networks: number;
  readonly plans?: number;
  readonly ago?: string;
}

/**
 * Inserts journey records (docs/spec/journeys.md) of plans that began two minutes ago: `plans` of them for each of
 * `networks` networks.
 */
const record = ({ version, outcome, networks, plans = 1, ago = '2 min' }: MadePlans) =>
  source.query(
    `INSERT INTO flow.journeys (plan_id, flow_id, version_id, version, begun_at, ended_at, outcome, logged_in, steps,
       verdicts, network)
     SELECT gen_random_uuid(), $1, $2, 1, now() - $6::interval, now(), $3, false, '[]', '{}',
       sha256(($3 || n)::bytea)
     FROM generate_series(1, $4) n, generate_series(1, $5)`,
    [flow.id, flow.versions[version - 1], outcome, networks, plans, ago],
  );

/** Inserts 250 answered plans of a version that began three minutes ago and have not ended. */
const leaveOpen = (version: number) =>
  source.query(
    `WITH s AS (INSERT INTO flow.sessions (id, expires_at) SELECT gen_random_uuid(), now() + interval '1 h'
                FROM generate_series(1, 250) RETURNING id)
     INSERT INTO flow.plans
       (session_id, flow_id, id, revision, version_id, body, expires_at, begun_at, progress, network)
     SELECT s.id, $1, gen_random_uuid(), 1, $2, '', now() + interval '1 h', now() - interval '3 min', 1,
       substring(sha256(s.id::text::bytea) for 8) FROM s`,
    [flow.id, flow.versions[version - 1]],
  );

const start = (guard: typeof GUARD | null = GUARD, share = 1000) =>
  rollouts.start(flow.slug, 2, { share, guard: guard ?? undefined, graceS: SETTINGS.graceS });

/** Moves the start of the rollout into the past by this interval. */
const backdate = (interval: string) =>
  source.query(
    `UPDATE flow.rollouts SET counted_from = counted_from - $2::interval, watch_until = watch_until - $2::interval,
       looked_at = '-infinity' WHERE flow_id = $1`,
    [flow.id, interval],
  );

/** Runs the guard once. Returns its decisions about the flow of this test. */
async function look(): Promise<string[]> {
  const decisions: string[] = [];
  const guard = new RolloutGuard({
    rollouts: new RolloutGuardRepository(source, {
      actor: 'flow guard',
      events: new CommandEventRecorder('flow guard', new Sealer(SEAL_KEYS)),
    }),
    counts: new RolloutCountsRepository(source),
    settings: SETTINGS,
    report: ({ slug }, { verdict }, decision) => void (slug === flow.slug && decisions.push(`${verdict}: ${decision}`)),
  });
  await guard.run();
  return decisions;
}

async function state() {
  const [row] = await source.query<{ current: number; candidate: number | null; share: number | null }[]>(
    `SELECT c.number AS current, d.number AS candidate, f.candidate_share AS share
     FROM flow.flows f JOIN flow.flow_versions c ON c.id = f.version_id
     LEFT JOIN flow.flow_versions d ON d.id = f.candidate_id WHERE f.id = $1`,
    [flow.id],
  );
  return row;
}
const log = async () => {
  const rows = await source.query<{ action: string; number: number; reason: string | null }[]>(
    'SELECT action, number, reason FROM flow.releases WHERE flow_id = $1 ORDER BY id',
    [flow.id],
  );
  return rows.map(({ action, number, reason }) => [action, number, reason].filter((part) => part !== null).join(' '));
};

describe('a guard', () => {
  it('goes back to the current version when the completion rate has dropped, and logs the reason', async () => {
    await start();
    await backdate('10 min');
    await record({ version: 1, outcome: 'done', networks: 300, plans: 3 });
    await record({ version: 2, outcome: 'done', networks: 100 });
    await record({ version: 2, outcome: 'abandoned', networks: 100 });
    await record({ version: 2, outcome: 'denied', networks: 60 });
    expect(await look()).toEqual(['lower: reverted']);
    expect(await state()).toEqual({ current: 1, candidate: null, share: null });
    expect(await log()).toEqual([
      'rollout_started 2',
      'rollout_reverted 1 The completion rate has dropped by more than 2 percentage points: 38.5 % of 260 plans from 260 networks, before 100.0 % of 900 plans from 300 networks.',
    ]);
  });

  it('counts answered plans that are unfinished after the settlement time as not completed', async () => {
    await start();
    await backdate('10 min');
    await record({ version: 1, outcome: 'done', networks: 300 });
    await leaveOpen(2);
    expect(await look()).toEqual(['lower: reverted']);
  });

  it('counts answered plans that were abandoned and are not recorded yet as not completed', async () => {
    await start();
    await backdate('10 min');
    await record({ version: 1, outcome: 'done', networks: 300 });
    await record({ version: 2, outcome: 'done', networks: 250 });
    await source.query(
      `INSERT INTO flow.unrecorded_plans (plan_id, flow_id, version_id, begun_at, outcome, network, revision)
       SELECT gen_random_uuid(), $1, $2, now() - interval '3 min', 'abandoned', sha256(('left' || n)::bytea), revision
       FROM generate_series(1, 250) n, (VALUES (1), (NULL)) answered (revision)`,
      [flow.id, flow.versions[1]],
    );
    expect(await look()).toEqual(['lower: reverted']);
    expect((await log()).at(-1)).toContain('50.0 % of 500 plans');
  });

  it('does not go back because of abandoned plans from one network, even if there are many', async () => {
    await start();
    await backdate('10 min');
    await record({ version: 1, outcome: 'done', networks: 300 });
    await record({ version: 2, outcome: 'done', networks: 300 });
    await record({ version: 2, outcome: 'abandoned', networks: 1, plans: 5000 });
    expect(await look()).toEqual(['not_lower: waits']);
    expect(await state()).toEqual({ current: 1, candidate: 2, share: 1000 });
  });

  it('does not go back if the candidate adds a second factor: the share stays, and no later comparison changes it', async () => {
    await publish(versionOf(...LOGIN), versionOf('identification', 'password', 'authenticator_validate', 'user_login'));
    await start();
    await backdate('10 min');
    await record({ version: 1, outcome: 'done', networks: 300 });
    await record({ version: 2, outcome: 'abandoned', networks: 300 });
    expect(await look()).toEqual(['lower: halted']);
    const rows = (sql: string) => source.query(sql);
    const events = await recordedEvents({ rows, sealing: { SEAL_KEYS } }, 'flow_rollout_halted');
    expect(events.at(-1)?.data.context).toMatchObject({ flow: { pk: flow.id }, version: 2, current_version: 1 });
    await backdate('2 h');
    expect(await look()).toEqual([]);
    expect(await state()).toEqual({ current: 1, candidate: 2, share: 1000 });
    expect(await rollouts.find(flow.slug)).toMatchObject({ haltedAt: expect.any(Date), chosenUntil: null });
  });

  it('publishes the candidate after the watched time if the completion rate has not dropped', async () => {
    await start();
    for (const version of [1, 2]) await record({ version, outcome: 'done', networks: 200 });
    await backdate('59 min');
    expect(await look()).toEqual(['not_lower: waits']);
    await backdate('3 min');
    expect(await look()).toEqual(['not_lower: completed']);
    expect(await state()).toEqual({ current: 2, candidate: null, share: null });
    expect((await log()).at(-1)).toMatch(
      /^rollout_completed 2 The guard found no drop of the completion rate: 100.0 %/,
    );
    expect(await releases.rollback(flow.slug)).toMatchObject({ number: 1 });
  });

  it('ignores plans that began after the newest recorded one, as when JOURNEYS_MAX_MB is reached', async () => {
    await start({ ...GUARD, margin: 1500 });
    await backdate('2 h');
    for (const version of [1, 2]) await leaveOpen(version);
    expect(await look()).toEqual(['too_few: waits']);
    await record({ version: 1, outcome: 'done', networks: 300, ago: '5 min' });
    await record({ version: 2, outcome: 'done', networks: 200, ago: '5 min' });
    await record({ version: 2, outcome: 'denied', networks: 45, ago: '5 min' });
    await backdate('0');
    expect(await look()).toEqual(['unclear: waits']);
  });

  it('waits after the watched time until a plan that began after that time is recorded', async () => {
    await start();
    await backdate('65 min');
    for (const version of [1, 2]) await record({ version, outcome: 'done', networks: 200, ago: '10 min' });
    expect(await look()).toEqual(['not_lower: waits']);
    await record({ version: 1, outcome: 'denied', networks: 1 });
    await backdate('0');
    expect(await look()).toEqual(['not_lower: completed']);
  });

  it('waits after the watched time while there is too little data, or while the finding is unclear', async () => {
    await start();
    await backdate('2 h');
    expect(await look()).toEqual(['too_few: waits']);
    await record({ version: 1, outcome: 'done', networks: 250 });
    await record({ version: 2, outcome: 'done', networks: 230 });
    await record({ version: 2, outcome: 'denied', networks: 20 });
    await backdate('0');
    expect(await look()).toEqual(['unclear: waits']);
    expect(await state()).toEqual({ current: 1, candidate: 2, share: 1000 });
  });

  it('ignores plans that began before the share was changed, and plans of the last minute', async () => {
    await start();
    await record({ version: 1, outcome: 'done', networks: 300 });
    await record({ version: 2, outcome: 'denied', networks: 300 });
    await backdate('1 min');
    expect(await look()).toEqual(['too_few: waits']);
    expect(await rollouts.find(flow.slug)).toMatchObject({ finding: { candidate: { plans: 0 } } });
  });

  it('compares the versions of a rollout once, even if many services run at the same time', async () => {
    await start();
    const decisions = await Promise.all([look(), look(), look()]);
    expect(decisions.flat()).toEqual(['too_few: waits']);
    expect(await look()).toEqual([]);
  });

  it('compares at each tick of its timer, even if a tick comes slightly early', async () => {
    await start();
    await look();
    const lookedBefore = (ms: number) =>
      source.query('UPDATE flow.rollouts SET looked_at = now() - make_interval(secs => $2) WHERE flow_id = $1', [
        ...[flow.id, ms / 1000],
      ]);
    await lookedBefore(SETTINGS.lookS * 500);
    expect(await look()).toEqual([]);
    await lookedBefore(SETTINGS.lookS * 1000 - 100);
    expect(await look()).toEqual(['too_few: waits']);
  });

  it('lets gateways choose the candidate for a limited time after each comparison', async () => {
    const { chosenUntil } = await start();
    await source.query(`UPDATE flow.flows SET candidate_until = now() - interval '1 h' WHERE id = $1`, [flow.id]);
    await look();
    expect((await rollouts.find(flow.slug)).chosenUntil!.getTime()).toBeGreaterThanOrEqual(chosenUntil!.getTime());
  });

  it('decides nothing about a rollout that was changed during the comparison', async () => {
    await start();
    const repository = new RolloutGuardRepository(source, {});
    const claimed = await (async () => {
      for (;;) {
        const found = await repository.claim(SETTINGS);
        if (!found || found.slug === flow.slug) return found!;
      }
    })();
    await start(GUARD, 2000);
    const summary = { plans: 0, completed: 0, networks: 0 };
    const finding = { verdict: 'lower' as const, current: summary, candidate: summary, tests: 1 };
    expect(await repository.decide(claimed, finding, () => Promise.reject(new Error('changed')))).toBe(false);
  });
});

describe('a rollout', () => {
  it('is counted by its state in the metrics', async () => {
    const stop = reportRollouts(source);
    await source.query('DELETE FROM flow.rollouts');
    await start();
    const { values } = (await metrics.getSingleMetric('gatehouse_rollouts')?.get()) ?? { values: [] };
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels['state'], value]))).toEqual({
      halted: 0,
      unguarded: 0,
      watched: 1,
    });
    stop();
  });

  it('restarts the count of its plans and its watched time when its share is changed', async () => {
    await start();
    await backdate('50 min');
    const { share, watchUntil, countedFrom } = await rollouts.start(flow.slug, 2, { share: 5000, graceS: 900 });
    expect([share, watchUntil!.getTime() - countedFrom.getTime()]).toEqual([5000, 3_600_000]);
    expect(await log()).toEqual(['rollout_started 2', 'rollout_started 2']);
  });

  it('without a guard is never compared and never ends by itself', async () => {
    expect(await start(null)).toMatchObject({ watchUntil: null, margin: null, chosenUntil: null });
    expect(await look()).toEqual([]);
  });

  it('ends when another version is published, and when the flow is rolled back', async () => {
    await start();
    await releases.publish(flow.slug, 2);
    await expect(rollouts.find(flow.slug)).rejects.toMatchObject({ code: 'no_rollout' });
    await releases.rollback(flow.slug);
    await start();
    expect(await releases.rollback(flow.slug)).toMatchObject({ number: 1, stoppedRollout: 2 });
    await expect(rollouts.find(flow.slug)).rejects.toMatchObject({ code: 'no_rollout' });
  });

  it('is refused for an unknown flow or version, for the current version, and while another rollout runs', async () => {
    await publish(versionOf('dummy'), versionOf('dummy', 'captcha'), versionOf('captcha'));
    const code = async (slug: string, number: number) => {
      const failure = await rollouts.start(slug, number, { share: 1, graceS: 900 }).catch((error: unknown) => error);
      return (failure as { code?: string }).code;
    };
    expect(await code('nowhere', 2)).toBe('unknown_flow');
    expect(await code(flow.slug, 9)).toBe('unknown_version');
    expect(await code(flow.slug, 1)).toBe('already_current');
    expect(await state()).toEqual({ current: 1, candidate: null, share: null });
    await start();
    expect(await code(flow.slug, 3)).toBe('rollout_running');
    expect(await state()).toEqual({ current: 1, candidate: 2, share: 1000 });
  });
});
