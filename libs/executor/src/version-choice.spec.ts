import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { ALICE, FLOW_ID, flowOf } from '../testing/test-flow.js';
import { versionForSession } from './version-choice.js';

const CURRENT = '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0001';
const CANDIDATE = '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0002';
const SESSIONS = Array.from({ length: 20_000 }, (_, n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`);

const rollout = (share: number, versionId = CANDIDATE) => ({
  flowId: '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0001',
  currentVersionId: CURRENT,
  candidate: { versionId, share },
});
const sessionsOf = (share: number, versionId?: string) =>
  SESSIONS.filter((id) => versionForSession(rollout(share, versionId), id) !== CURRENT);

describe('the version of a new plan', () => {
  it.each([
    [1, 1],
    [100, 180],
    [1000, 1955],
    [5000, 9975],
    [9999, 19_999],
    [10_000, 20_000],
  ])('with a share of %i/10000 is the candidate for %i of 20000 test sessions', (share, expected) => {
    expect(sessionsOf(share)).toHaveLength(expected);
  });

  it('is still the candidate for the same sessions when the share grows', () => {
    const before = sessionsOf(1000);
    const after = new Set(sessionsOf(2000));
    expect(before.filter((id) => !after.has(id))).toEqual([]);
  });

  it('is chosen independently for each candidate', () => {
    const first = new Set(sessionsOf(1000));
    const inBoth = sessionsOf(1000, '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0009').filter((id) => first.has(id));
    // Each candidate gets a tenth of the 20000 sessions. A tenth of these, 200, are expected to get both, give or take
    // four standard deviations (57).
    expect(inBoth.length).toBeGreaterThan(200 - 57);
    expect(inBoth.length).toBeLessThan(200 + 57);
  });

  it('is the current version without a rollout', () => {
    expect(versionForSession({ ...rollout(1), candidate: undefined }, SESSIONS[0]!)).toBe(CURRENT);
  });
});

/** Returns an engine whose flow has a candidate version with this share. */
function engineWith(share: number) {
  const engine = executorHarness(flowOf([{ kind: 'ident' }]), DEFAULT_REPLIES);
  const candidate = { versionId: CANDIDATE, share };
  engine.plans.versions = { currentVersionId: CURRENT, candidate, newSessionId: idBeyond(share) };
  return engine;
}
const alice = { ...ALICE, is_superuser: false, debug: false };
const sessionOf = (id: string) => ({ id, retired: false, remainingS: undefined, user: alice });

describe('a new plan, with the share of the candidate at 30 %', () => {
  it('has the version that the id of the request’s new session selects', async () => {
    for (const [newSessionId, expected] of [
      [idWithin(3000), CANDIDATE],
      [idBeyond(3000), CURRENT],
    ] as const) {
      const { show, plans } = engineWith(3000);
      plans.versions = { ...plans.versions, newSessionId };
      await show();
      expect([plans.versionId, plans.sessionId]).toEqual([expected, newSessionId]);
    }
  });

  it('has the version that the id of its visitor’s session selects, whether the executor or FlowStarter starts it', async () => {
    for (const [id, expected] of [
      [idWithin(3000), CANDIDATE],
      [idBeyond(3000), CURRENT],
    ] as const) {
      const engine = engineWith(3000);
      engine.plans.session = sessionOf(id);
      await engine.show();
      expect(engine.plans.versionId).toBe(expected);
      engine.plans.plan = undefined;
      await engine.start({ visitor: alice, context: {} });
      expect(engine.plans.versionId).toBe(expected);
    }
  });

  it('has the version that the id of the new session after a login at a source selects, not that of the session before', async () => {
    const { start, plans } = engineWith(3000);
    plans.session = { ...sessionOf(idWithin(3000)), user: undefined };
    plans.versions = { ...plans.versions, newSessionId: idBeyond(3000) };
    await start({ visitor: undefined, context: {} });
    expect(plans.versionId).toBe(CURRENT);
  });

  it('keeps its version when the share changes', async () => {
    const { show, solve, plans } = engineWith(3000);
    plans.session = sessionOf(idWithin(3000));
    await show();
    plans.versions = { ...plans.versions, candidate: undefined };
    await solve({ who: 'me' });
    expect(plans.versionId).toBe(CANDIDATE);
  });
});

const choice = (share: number, id: string) =>
  versionForSession({ flowId: FLOW_ID, currentVersionId: CURRENT, candidate: { versionId: CANDIDATE, share } }, id);
const idWithin = (share: number) => SESSIONS.find((id) => choice(share, id) === CANDIDATE)!;
const idBeyond = (share: number) => SESSIONS.find((id) => choice(share, id) === CURRENT)!;
