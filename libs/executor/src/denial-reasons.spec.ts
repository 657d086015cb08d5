import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

const alice = { ...ALICE, is_superuser: false, debug: false };
const SESSION = { id: 's', retired: false, remainingS: undefined, user: alice };

/** Returns a flow with one step and an authentication requirement. */
const flowFor = (authentication: ReturnType<typeof flowOf>['flow']['authentication']) => {
  const version = flowOf([{ kind: 'page' }]);
  return { ...version, flow: { ...version.flow, authentication } };
};

describe('the reason of a denial', () => {
  it.each([
    ['require_authenticated', undefined, 'login_required'],
    ['require_superuser', undefined, 'login_required'],
    ['require_superuser', SESSION, 'superuser_required'],
    ['require_unauthenticated', SESSION, 'logged_in'],
    ['require_outpost', SESSION, 'not_applicable'],
  ] as const)('says why a flow with %s refuses the visitor', async (authentication, session, reason) => {
    const { show, plans } = executorHarness(flowFor(authentication), DEFAULT_REPLIES);
    plans.session = session;

    expect((await show()).result).toMatchObject({ type: 'denied', reason });
  });

  it('is absent if a policy gives a message', async () => {
    const { show, policies } = executorHarness(flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p' })), {});
    policies.replies['p'] = false;

    expect((await show()).result).toEqual({ type: 'denied', message: { text: 'p says no' } });
  });

  it('is the reason that the stage gives, else the code of the stage’s message', async () => {
    const denial = (reply: object) =>
      executorHarness(flowOf([{ kind: 'page' }]), { 'page.challenge': { type: 'denied', ...reply } }).show();

    expect((await denial({ reason: 'too_many_attempts' })).result).toEqual({
      type: 'denied',
      message: { text: 'Unknown error' },
      reason: 'too_many_attempts',
    });
    expect((await denial({ message: { code: 'required' } })).result).toMatchObject({ reason: 'required' });
    expect((await denial({ message: { text: 'Not today.' } })).result).toEqual({
      type: 'denied',
      message: { text: 'Not today.' },
    });
    expect((await denial({})).result).toMatchObject({ reason: 'unspecified' });
  });

  it('is stored with the end of the plan, so that a repeated request gets it too', async () => {
    const { show, solve, plans } = executorHarness(flowOf([{ kind: 'page' }]), {
      ...DEFAULT_REPLIES,
      'page.respond': { type: 'denied', reason: 'too_many_attempts' },
    });
    await show();
    await solve({ word: 'x' });

    expect(plans.plan?.ended).toEqual({ denied: { text: 'Unknown error' }, reason: 'too_many_attempts' });
  });
});
