import { randomBytes, randomUUID } from 'node:crypto';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { type EndedJourney, newSessionKey } from '@gatehouse/executor';
import { flowOf } from '@gatehouse/executor/testing';
import type { Plan } from '@gatehouse/plan';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cleanerOn } from '../../testing/cleaner.js';
import { journeysOn, recorderOn } from '../../testing/journey-recorder.js';
import { freshPlan, PlanStoreHarness } from '../../testing/plan-store-harness.js';
import type { RecorderSettings } from './journey-recorder.js';

let store: PlanStoreHarness;
beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(async () => {
  Object.assign(store.journeys, journeysOn());
  await store.source.query(
    'TRUNCATE flow.sessions, flow.journeys, flow.journey_counts, flow.unrecorded_plans, flow.leases CASCADE',
  );
  await store.nextFlow(flowOf([{ kind: 'page' }]));
});

const network = Buffer.from('network1');
const query = <T = Record<string, unknown>>(sql: string, values: unknown[] = []) =>
  store.source.query<T[]>(sql, values);
const journeys = () => query('SELECT * FROM flow.journeys ORDER BY begun_at');
const counts = () => query('SELECT outcome, network, plans::int FROM flow.journey_counts ORDER BY outcome, network');
const record = (more: Partial<RecorderSettings> = {}) =>
  recorderOn(store.source, { sealer: new Sealer(store.keys), journeys: store.journeys, ...more }).run();

const PASSED = { step: 'b1', kind: 'password', stage: 's1', outcome: 'passed', at: new Date().toISOString(), ms: 3 };
const DONE: EndedJourney = {
  ...{ outcome: 'done', reason: undefined, loggedIn: true, isCounted: false },
  steps: [{ step: 'b1', kind: 'password', stage: 's1', outcome: 'passed', ms: 12 }],
  verdicts: { p1: 'pass' },
  client: { browser: 'Firefox', device: 'desktop', language: 'de' },
};
const ended: Partial<Plan> = { ended: { to: '/' } };

async function begin(plan = freshPlan(), more: object = {}) {
  const { hash } = newSessionKey(undefined);
  const created = { ...store.flow, plan, session: { newKey: hash }, replaces: undefined, network, ...more };
  return { plan, hash, sessionId: (await store.plans.create(created))! };
}

describe('an ended plan', () => {
  it('is recorded by its save, in the same statement', async () => {
    const { plan, ...begun } = await begin();
    expect(await store.save({ ...begun, plan: { ...plan, ...ended } }, { journey: DONE })).toBe(true);
    expect(await journeys()).toMatchObject([
      {
        ...{ plan_id: plan.id, flow_id: store.flow.flowId, version_id: store.flow.versionId, version: 1 },
        ...{ outcome: 'done', logged_in: true, reason: null, network, user_id: null },
        ...{ steps: DONE.steps, verdicts: DONE.verdicts, client: DONE.client },
      },
    ]);
  });

  it('is recorded once by concurrent saves', async () => {
    const begun = await begin();
    const save = () => store.save({ ...begun, plan: { ...begun.plan, ...ended } }, { journey: DONE });
    const won = await Promise.all(Array.from({ length: 10 }, save));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await journeys()).toHaveLength(1);
  });

  it.each([
    ['of an anonymous visitor who has answered no challenge', { isCounted: true }, {}],
    ['that ends when the records have their largest size', {}, { isFull: true }],
  ])('%s is counted, but not recorded', async (_, journey, settings) => {
    Object.assign(store.journeys, settings);
    const { plan, ...begun } = await begin();
    await store.save({ ...begun, plan: { ...plan, ...ended } }, { journey: { ...DONE, ...journey } });
    await record();
    expect([await journeys(), await counts()]).toEqual([[], [{ outcome: 'done', network, plans: 1 }]]);
  });

  it('that was never stored is counted', async () => {
    await store.plans.recordUnstored({ ...store.flow, planId: randomUUID(), outcome: 'denied', network });
    await record();
    expect(await counts()).toEqual([{ outcome: 'denied', network, plans: 1 }]);
  });

  it('is neither counted nor recorded while records are disabled', async () => {
    Object.assign(store.journeys, { isOn: false });
    const { plan, ...begun } = await begin();
    await store.save({ ...begun, plan: { ...plan, ...ended } }, { journey: DONE });
    await begin();
    await query('DELETE FROM flow.plans');
    await record();
    expect([await journeys(), await counts(), await query('SELECT FROM flow.unrecorded_plans')]).toEqual([[], [], []]);
  });
});

/** Starts a plan whose visitor has answered the first step, so that it is at its second step. */
async function answered() {
  const begun = await begin();
  const plan = { ...begun.plan, trail: [PASSED], judged: { p1: 'undecided' }, client: DONE.client } as Plan;
  await store.save({ ...begun, plan }, { hasAnswer: true });
  return { ...begun, plan };
}

const ABANDONED_STEPS = [
  { step: 'b1', kind: 'password', stage: 's1', outcome: 'passed', ms: expect.any(Number) },
  { step: expect.any(String), kind: 'page', stage: expect.any(String), outcome: 'abandoned', ms: null },
];

describe('an answered plan', () => {
  it.each<[string, (begun: Awaited<ReturnType<typeof answered>>) => Promise<unknown>]>([
    ['cancelled', ({ hash }) => store.plans.deletePlans(hash)],
    [
      'replaced by a new plan',
      ({ sessionId, plan }) =>
        store.plans.create({
          ...{ ...store.flow, plan: freshPlan(), session: { id: sessionId } },
          replaces: { id: plan.id, revision: 1 },
        }),
    ],
    [
      'left in an old session',
      ({ sessionId }) => begin(freshPlan(), { session: { newKey: randomBytes(32), leaves: sessionId } }),
    ],
    ['deleted with its session', ({ sessionId }) => query('DELETE FROM flow.sessions WHERE id = $1', [sessionId])],
  ])('that is %s is recorded with its steps and the step where it was left', async (_, leave) => {
    const begun = await answered();
    await leave(begun);
    await record();
    expect(await journeys()).toMatchObject([
      {
        ...{ plan_id: begun.plan.id, version: 1, outcome: 'abandoned', logged_in: false, network },
        ...{ steps: ABANDONED_STEPS, verdicts: { p1: 'undecided' }, client: DONE.client },
      },
    ]);
    expect(await counts()).toEqual([]);
  });

  it.each<[string, (sessionId: string) => Promise<unknown>]>([
    ['the cleaner deletes it', () => cleanerOn(store.source).sweep()],
    [
      'a new plan replaces it',
      (id) => store.plans.create({ ...store.flow, plan: freshPlan(), session: { id }, replaces: undefined }),
    ],
  ])('that has expired is recorded as expired when %s', async (_, end) => {
    const { sessionId } = await answered();
    await query(`UPDATE flow.plans SET expires_at = now() - interval '1 s', cleanup_at = now() - interval '1 s'`);
    await end(sessionId);
    await record();
    expect(await journeys()).toMatchObject([{ outcome: 'expired', steps: ABANDONED_STEPS }]);
  });

  it('that a mailed link continues is not recorded, in the same session or in a new one', async () => {
    const [here, there] = [await answered(), await answered()];
    const next = { ...store.flow, plan: freshPlan(), isContinuation: true };
    await store.plans.create({ ...next, session: { id: here.sessionId }, replaces: { id: here.plan.id, revision: 1 } });
    const moved = { newKey: randomBytes(32), leaves: there.sessionId };
    await store.plans.create({ ...next, plan: freshPlan(), session: moved, replaces: undefined });
    await cleanerOn(store.source).sweep();
    await record();
    expect([await journeys(), await counts()]).toEqual([[], []]);
    expect(await query('SELECT progress FROM flow.plans')).toEqual([{ progress: 1 }, { progress: 1 }]);
    expect((await store.plans.load(store.slug, there.hash))?.stored).toBeUndefined();
  });

  it('with a full trail is recorded without its first entry, but with the step at which the visitor left', async () => {
    const begun = await begin();
    const trail = Array.from({ length: 50 }, (_, number) => ({ ...PASSED, step: `b${number}` }));
    await store.save({ ...begun, plan: { ...begun.plan, trail } }, { hasAnswer: true });
    await store.plans.deletePlans(begun.hash);
    await record();
    const [journey] = (await journeys()) as { steps: { step: string }[] }[];
    expect(journey?.steps).toHaveLength(50);
    expect(journey?.steps.slice(0, 1)).toMatchObject([{ step: 'b1' }]);
    expect(journey?.steps.slice(-1)).toMatchObject([{ outcome: 'abandoned' }]);
  });

  it('that cannot be decrypted is recorded without steps', async () => {
    const { hash } = await answered();
    await store.plans.deletePlans(hash);
    await record({ sealer: new Sealer(`other:${randomBytes(32).toString('base64')}`) } as object);
    expect(await journeys()).toMatchObject([{ outcome: 'abandoned', steps: [], client: null }]);
  });

  it('is recorded with its user only if records name users and the user was proved', async () => {
    const user = randomUUID();
    for (const users of [false, true]) {
      Object.assign(store.journeys, { users });
      const begun = await begin();
      await store.save({ ...begun, plan: { ...begun.plan, proved_user: user } }, { hasAnswer: true });
      await store.plans.deletePlans(begun.hash);
      await record();
    }
    expect((await journeys()).map(({ user_id }) => user_id)).toEqual([null, user]);
  });
});

describe('plans without an answer', () => {
  it('are counted by outcome and network; networks beyond the limit are counted together', async () => {
    const recordInOneHour = async () => {
      await query(`UPDATE flow.unrecorded_plans SET ended_at = '2026-03-01T10:10Z'`);
      await record({ networksMax: 2, keptS: 3650 * 86_400 });
    };
    const networks = ['a', 'a', 'b', 'c', 'd'].map((name) => Buffer.from(name));
    for (const of of networks) await store.plans.deletePlans((await begin(freshPlan(), { network: of })).hash);
    await recordInOneHour();
    await store.plans.deletePlans((await begin(freshPlan(), { network: Buffer.from('b') })).hash);
    await store.plans.deletePlans((await begin(freshPlan(), { network: Buffer.from('e') })).hash);
    await recordInOneHour();
    expect(await journeys()).toEqual([]);
    expect((await counts()).map(({ network: of, plans }) => [String(of), plans])).toEqual([
      ['', 3],
      ['a', 2],
      ['b', 2],
    ]);
  });

  it('are counted by UTC hour, whatever the time zone of the database', async () => {
    await store.plans.deletePlans((await begin()).hash);
    await query(`UPDATE flow.unrecorded_plans SET ended_at = '2026-03-01T10:10Z'`);
    const url = `${store.url}?options=${encodeURIComponent('-c timezone=Asia/Kolkata')}`;
    const source = await openDataSource({ url, schema: FLOW_SCHEMA, poolSize: 1 });
    await recorderOn(source, { journeys: store.journeys, keptS: 3650 * 86_400 }).run();
    await source.destroy();
    expect(await query('SELECT hour FROM flow.journey_counts')).toEqual([{ hour: new Date('2026-03-01T10:00Z') }]);
  });

  it('have counts that are deleted when the retention of their hour is over', async () => {
    await store.plans.deletePlans((await begin()).hash);
    await record();
    await query(`UPDATE flow.journey_counts SET hour = hour - interval '31 days'`);
    await record();
    expect(await counts()).toEqual([]);
  });
});

describe('the recorder', () => {
  it('records each plan once, also while several recorders run and plans end', async () => {
    const begun = await Promise.all(Array.from({ length: 40 }, answered));
    const ends = begun.map(({ hash }) => store.plans.deletePlans(hash));
    await Promise.all([...ends, ...Array.from({ length: 4 }, () => record({ batchRows: 5 }))]);
    await record({ batchRows: 5 });
    expect(new Set((await journeys()).map(({ plan_id }) => plan_id))).toEqual(
      new Set(begun.map(({ plan }) => plan.id)),
    );
    expect(await journeys()).toHaveLength(begun.length);
  });

  it('stops after a batch in which another gateway has taken over the lease', async () => {
    await Promise.all([answered(), answered()]);
    await query('DELETE FROM flow.plans');
    await query(`CREATE FUNCTION public.take_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE flow.leases SET holder = gen_random_uuid(), until = now() + interval '1 min'; RETURN NULL; END $$`);
    await query('CREATE TRIGGER taken_over AFTER INSERT ON flow.journeys EXECUTE FUNCTION public.take_over()');
    await record({ batchRows: 1 });
    await query('DROP FUNCTION public.take_over CASCADE');
    expect(await journeys()).toHaveLength(1);
  });

  it('reports once that the records have reached their largest size, and once that they are below it', async () => {
    const reported: boolean[] = [];
    const onFull = (isFull: boolean) => void reported.push(isFull);
    for (const maxMb of [0, 0, 1000]) await record({ maxMb, onFull });
    expect(reported).toEqual([true, false]);
  });
});
