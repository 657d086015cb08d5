import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { brandOf } from '../testing/in-memory-brand-store.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

const alice = { ...ALICE, is_superuser: false, debug: false };
const session = { id: 's', retired: false, remainingS: undefined, user: alice, loginAgeS: 5, methodAges: { pwd: 5 } };
const query = { acr_values: 'aal1' };

/** Opens a flow for logged-in users. With `isStepUp`, it is the step-up flow of the brand. */
function opened(kinds: readonly string[], { isStepUp = true, replies = {} } = {}) {
  const version = flowOf(kinds.map((kind) => ({ kind })));
  const flow = { ...version.flow, authentication: 'require_authenticated' } as const;
  const harness = executorHarness({ ...version, flow }, { ...DEFAULT_REPLIES, ...replies });
  harness.plans.session = session;
  if (isStepUp) harness.brands.byHost.set('id.example.org', brandOf('id.example.org', { step_up_flow: 'login' }));
  return harness;
}

describe('the user of a plan whose query requires authentication', () => {
  it('is the visitor in the step-up flow of the brand', async () => {
    const { show, stages } = opened(['page']);
    await show({ query });
    expect(stages.requests[0]).toMatchObject({ context: { pending_user: ALICE } });
  });

  it('is not set in another flow, so that a link cannot set the user by its query', async () => {
    const { show, stages } = opened(['page'], { isStepUp: false });
    await show({ query });
    expect(stages.requests[0]!.context).not.toHaveProperty('pending_user');
  });
});

describe('a login in a step-up flow', () => {
  it('is skipped without effects if the plan has proved nothing', async () => {
    const { show, stages, plans } = opened(['login', 'page']);
    const { result, effects, cookie } = await show({ query });
    expect(result).toMatchObject({ type: 'show', challenge: { page: true } });
    expect(stages.hops).toEqual(['page.challenge']);
    expect(effects.isLogin).toBe(false);
    expect(plans.plan?.trail.map(({ outcome }) => outcome)).toEqual(['skipped']);
    expect(cookie).toBeUndefined();
  });

  it('happens once the plan has proved the user', async () => {
    const verified = { type: 'passed', context: { verified_user: ALICE.uuid } } as const;
    const { show, stages } = opened(['prover', 'login'], { replies: { 'prover.challenge': verified } });
    const { effects } = await show({ query });
    expect(stages.hops).toEqual(['prover.challenge', 'login.challenge']);
    expect(effects.isLogin).toBe(true);
  });
});
