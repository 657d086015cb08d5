import { type EndedJourney, newSessionKey } from '@gatehouse/executor';
import { flowOf } from '@gatehouse/executor/testing';
import type { Plan } from '@gatehouse/plan';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordedEvents } from '../../../../test/support/recorded-events.js';
import { journeysOn, recorderOn } from '../../testing/journey-recorder.js';
import { freshPlan, PlanStoreHarness } from '../../testing/plan-store-harness.js';
import type { RecorderSettings } from './journey-recorder.js';

let store: PlanStoreHarness;
beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(async () => {
  Object.assign(store.journeys, { ...journeysOn(), events: true });
  await rows(
    'TRUNCATE flow.sessions, flow.outbox, flow.journeys, flow.journey_counts, flow.unrecorded_plans, flow.leases CASCADE',
  );
  await store.nextFlow(flowOf([{ kind: 'page' }]));
});

const rows = <T>(sql: string) => store.source.query<T[]>(sql);
const events = () => recordedEvents({ rows: rows as never, sealing: { SEAL_KEYS: store.keys } }, 'flow_ended');
const record = (more: Partial<RecorderSettings> = {}) =>
  recorderOn(store.source, { sealer: new Sealer(store.keys), journeys: store.journeys, ...more }).run();

const PASSED = { step: 'b1', kind: 'password', stage: 's1', outcome: 'passed' };
const DENIED: EndedJourney = {
  ...{ outcome: 'denied', reason: 'flow_denied', loggedIn: false, isCounted: false },
  ...{
    steps: [{ ...PASSED, ms: 12 }],
    verdicts: {},
    client: { browser: 'Firefox', device: 'desktop', language: 'de' },
  },
};

async function begin() {
  const { hash } = newSessionKey(undefined);
  const plan = freshPlan();
  const created = { ...store.flow, plan, session: { newKey: hash }, replaces: undefined, network: Buffer.from('n') };
  return { plan, hash, sessionId: (await store.plans.create(created))! };
}

const end = ({ plan, ...begun }: Awaited<ReturnType<typeof begin>>, journey = DENIED) =>
  store.save({ ...begun, plan: { ...plan, ended: { to: '/' } } }, { journey });

/** Answers a plan once, and then deletes it, so that it counts as abandoned. */
async function abandon(): Promise<void> {
  const { plan, hash, sessionId } = await begin();
  const left = { ...plan, trail: [{ ...PASSED, at: new Date().toISOString(), ms: 3 }] } as Plan;
  await store.save({ sessionId, plan: left }, { hasAnswer: true });
  await store.plans.deletePlans(hash);
}

const anonymous = {
  ...{ action: 'flow_ended', level: 'info', outcome: 'success', actor: { type: 'anonymous' }, user: null },
  ...{ client_ip: '', user_agent: null, location: null, plan: null, request_id: null },
};

describe('with JOURNEY_EVENTS, a plan', () => {
  it('that ends has one event with its version and steps, but without user, client and plan id', async () => {
    const begun = await begin();
    const saves = await Promise.all([end(begun), end(begun)]);
    expect(saves.filter(Boolean)).toHaveLength(1);
    const [{ data, subject } = {}, ...others] = await events();
    expect([others, subject]).toEqual([[], undefined]);
    expect(data).toEqual({
      ...anonymous,
      flow: expect.any(String),
      context: {
        ...{ version_id: store.flow.versionId, outcome: 'denied', logged_in: false, reason: 'flow_denied' },
        seconds: expect.any(Number),
        steps: [{ step: 'b1', kind: 'password', outcome: 'passed', ms: 12 }],
      },
    });
    expect(data?.context['seconds']).toBeLessThan(60);
  });

  it('that was abandoned has one event with the step at which the visitor left', async () => {
    await abandon();
    expect(await events()).toEqual([]);
    await record();
    await record();
    expect((await events()).map(({ data }) => data)).toEqual([
      {
        ...anonymous,
        flow: store.slug,
        context: {
          ...{ version_id: store.flow.versionId, outcome: 'abandoned', logged_in: false, seconds: expect.any(Number) },
          steps: [
            { step: 'b1', kind: 'password', outcome: 'passed', ms: expect.any(Number) },
            { step: expect.any(String), kind: 'page', outcome: 'abandoned', ms: null },
          ],
        },
      },
    ]);
  });
});

it.each([
  ['without JOURNEY_EVENTS', { events: false }, {}],
  ['with JOURNEYS=false', { isOn: false }, {}],
  ['when the records have their largest size', { isFull: true }, {}],
  ['if they are only counted', {}, { isCounted: true }],
])('%s, ended plans have no event', async (_, settings, journey) => {
  Object.assign(store.journeys, settings);
  expect(await end(await begin(), { ...DENIED, ...journey })).toBe(true);
  if (!('isCounted' in journey)) await abandon();
  await store.plans.deletePlans((await begin()).hash);
  await record(store.journeys.isFull ? { maxMb: 0 } : {});
  expect(await events()).toEqual([]);
});
