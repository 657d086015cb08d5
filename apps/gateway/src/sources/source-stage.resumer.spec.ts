import { publishedSource, type SavedUser } from '@gatehouse/contracts';
import type { FlowStore } from '@gatehouse/executor';
import { ALICE, flowOf, InMemoryPlanStore } from '@gatehouse/executor/testing';
import { REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { createPlan, type Plan, storeState } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { CatalogueContractRegistry } from '../flows/stage-contract.registry.js';
import { SourceStageResumer, type WaitingPlan } from './source-stage.resumer.js';

const source = publishedSource.parse({
  ...{ uuid: ALICE.uuid, model: 'authentik_sources_oauth.oauthsource', slug: 'hub', name: 'Hub' },
  ...{ provider_type: 'discord', consumer_key: 'key', consumer_secret: 'secret' },
});
const otherSource = { ...source, uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0009' };
const BOB = { ...ALICE, uuid: otherSource.uuid, username: 'bob' };
const version = flowOf([{ kind: 'source', config: { source: source.uuid, resume_timeout: 'minutes=10' } }]);
const visit = { sessionKey: Buffer.alloc(32), visitor: undefined, facts: REQUEST_FACTS };
const identity = { identifier: '1', user: { username: 'fromhub', name: 'From Hub' }, groups: {}, info: { id: 1 } };

/** Returns a plan whose source stage waits for the login for another `forMs` milliseconds. */
const waiting = (forMs: number, context: Plan['context'] = {}): Plan =>
  storeState({ ...createPlan(version, 'plan'), context }, 'source-0', { until: Date.now() + forMs });

function resumerOf(plan: Plan, designation = version.flow.designation) {
  const plans = new InMemoryPlanStore();
  plans.plan = plan;
  plans.session = { id: 's', retired: false, remainingS: undefined, user: undefined };
  const flows = { find: async () => ({ ...version, flow: { ...version.flow, designation } }) } as unknown as FlowStore;
  const contracts = new CatalogueContractRegistry(new Set());
  return { plans, resumer: new SourceStageResumer(plans, flows, contracts) };
}
const findPlan = (plan: Plan, awaited = source) => resumerOf(plan).resumer.find(visit, awaited);

it('isAddingUser is true only for a plan in which this visitor adds a user to the browser', async () => {
  const visitor = { ...ALICE, is_superuser: false, debug: false };
  const plan = { ...createPlan(version, 'plan'), visitor: ALICE.uuid };
  const adding = { ...plan, user_switch: { action: 'add', from: ALICE.uuid } as const };
  const isAdding = (running: Plan) => resumerOf(running).resumer.isAddingUser({ ...visit, visitor });
  expect([await isAdding(adding), await isAdding(plan)]).toEqual([true, false]);
  expect(await isAdding({ ...adding, visitor: BOB.uuid })).toBe(false);
});

describe('a plan that waits for a login at a source', () => {
  it('is found only by a login at its source, and only until its step times out', async () => {
    expect(await findPlan(waiting(60_000))).toMatchObject({ slug: 'login', step: { id: 'source-0' } });
    expect(await findPlan(waiting(60_000), otherSource)).toBeUndefined();
    expect(await findPlan(waiting(0))).toBeUndefined();
  });

  it('is not found if the source was not shown yet, or if another user began the plan', async () => {
    expect(await findPlan(createPlan(version, 'plan'))).toBeUndefined();
    expect(await findPlan({ ...waiting(60_000), visitor: ALICE.uuid })).toBeUndefined();
  });

  it('continues only with an identity of its pending user; without a pending user, with any identity', async () => {
    const admits = async (plan: Plan, user: SavedUser | undefined) => {
      const { resumer } = resumerOf(plan);
      return resumer.admits((await resumer.find(visit, source))!, { source, identity, user }, undefined);
    };
    expect(await admits(waiting(60_000, { pending_user: ALICE }), ALICE)).toBe(true);
    for (const known of [BOB, undefined])
      expect(await admits(waiting(60_000, { pending_user: ALICE }), known)).toBe(false);
    for (const known of [BOB, undefined]) expect(await admits(waiting(60_000), known)).toBe(true);
    const ghost = { kind: 'pretended', username: 'ghost', email: 'ghost' } as const;
    for (const known of [BOB, undefined])
      expect(await admits(waiting(60_000, { pending_user: ghost }), known)).toBe(false);
  });

  it('continues in an enrolment flow with a new account only if the plan has created or proved its pending user', async () => {
    const admits = async (plan: Plan) => {
      const { resumer } = resumerOf(plan, 'enrollment');
      return resumer.admits((await resumer.find(visit, source))!, { source, identity, user: undefined }, undefined);
    };
    const named = waiting(60_000, { pending_user: ALICE });
    const proved = waiting(60_000, { pending_user: ALICE, verified_user: ALICE.uuid });
    expect([await admits({ ...named, created_user: ALICE.uuid }), await admits(proved)]).toEqual([true, true]);
    expect(await admits(named)).toBe(false);
  });

  it('gets the facts of the source and a step that saves the connection, and keeps the values that the visitor typed', async () => {
    const { plans, resumer } = resumerOf(waiting(60_000, { prompt_data: { username: 'typed' } }));
    const plan = (await resumer.find(visit, source)) as WaitingPlan;
    expect(await resumer.resume(plan, { source, identity, user: undefined }, visit)).toBeDefined();
    expect(plans.plan).toMatchObject({
      cursor: 0,
      steps: [{ binding: 'source-0' }, { kind: 'post_source' }, { kind: 'message' }],
      context: {
        prompt_data: { username: 'typed', name: 'From Hub' },
        is_restored: { step: 'source-0', user: null },
        'goauthentik.io/sources/connection': { source: source.uuid, identifier: '1' },
      },
    });
    expect(await resumer.resume(plan, { source, identity, user: undefined }, visit)).toBeUndefined();
  });
});
