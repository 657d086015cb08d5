import { randomUUID } from 'node:crypto';
import { newSessionKey } from '@gatehouse/executor';
import { flowOf } from '@gatehouse/executor/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshPlan, LIFETIMES, PlanStoreHarness } from '../testing/plan-store-harness.js';

let store: PlanStoreHarness;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

/** Starts a rollout of a second version of the flow, for this number of seconds. Returns the version's id. */
async function rollOut(seconds: number): Promise<string> {
  const versionId = randomUUID();
  await store.source.query(
    'INSERT INTO flow.flow_versions (id, flow_id, number, document, digest) VALUES ($1, $2, 2, $3, $4)',
    [versionId, store.flow.flowId, JSON.stringify(flowOf([])), Buffer.from(versionId)],
  );
  await store.source.query(
    `UPDATE flow.flows SET candidate_id = $2, candidate_share = 1000,
       candidate_until = now() + make_interval(secs => $3) WHERE id = $1`,
    [store.flow.flowId, versionId, seconds],
  );
  return versionId;
}

/**
 * Starts a plan on this version, and moves its start so far back that the plan would be outdated if the version were
 * replaced.
 */
async function oldPlan(versionId: string) {
  const { hash } = newSessionKey(undefined);
  const plan = freshPlan();
  await store.plans.create({ ...store.flow, versionId, plan, session: { newKey: hash }, replaces: undefined });
  await store.source.query('UPDATE flow.plans SET begun_at = now() - make_interval(secs => $2) WHERE id = $1', [
    ...[plan.id, LIFETIMES.planS],
  ]);
  return { stored: async () => (await store.plans.load(store.slug, hash))?.stored?.versionId };
}

describe('the candidate version of a rollout', () => {
  it('is loaded with its share until its time is over', async () => {
    expect((await store.plans.load(store.slug, undefined))?.candidate).toBeUndefined();
    const versionId = await rollOut(60);
    expect(await store.plans.load(store.slug, undefined)).toMatchObject({
      currentVersionId: store.flow.versionId,
      candidate: { versionId, share: 1000 },
    });
    await store.source.query('UPDATE flow.flows SET candidate_until = now() WHERE candidate_id = $1', [versionId]);
    expect((await store.plans.load(store.slug, undefined))?.candidate).toBeUndefined();
  });

  it('keeps its plans for their full time, as the current version does, until the rollout ends', async () => {
    const versionId = await rollOut(60);
    const [onCandidate, onCurrent] = [await oldPlan(versionId), await oldPlan(store.flow.versionId)];
    expect(await onCandidate.stored()).toBe(versionId);
    expect(await onCurrent.stored()).toBe(store.flow.versionId);
    await store.source.query('UPDATE flow.flows SET candidate_until = now() WHERE candidate_id = $1', [versionId]);
    expect(await onCandidate.stored()).toBeUndefined();
    expect(await onCurrent.stored()).toBe(store.flow.versionId);
  });

  it('is chosen by the id that the new session then gets', async () => {
    const { newSessionId } = (await store.plans.load(store.slug, undefined))!;
    const session = { newId: newSessionId, newKey: newSessionKey(undefined).hash };
    const created = { ...store.flow, plan: freshPlan(), session, replaces: undefined };
    expect(await store.plans.create(created)).toBe(newSessionId);
  });
});
