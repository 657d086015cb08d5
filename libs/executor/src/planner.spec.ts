import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

const DENIED = {
  type: 'denied',
  message: { text: 'Flow does not apply to current user.' },
  reason: 'login_required',
};
const alice = { ...ALICE, is_superuser: false, debug: false };
const loggedIn = { id: 's', retired: false, remainingS: undefined, user: alice };
const shows = (challenge: object) => ({ type: 'show', challenge, errors: undefined });

describe('a flow to which policies are bound', () => {
  const guarded = (denied_action: 'message' | 'continue' = 'message') => {
    const version = flowOf([{ kind: 'page' }], {}, { ...policySetOf({ policy: 'p' }, { policy: 'q' }), mode: 'all' });
    return { ...version, flow: { ...version.flow, denied_action } };
  };

  it('shows the messages of policies that refuse, and stores no plan and no session', async () => {
    const { show, policies, plans, stages } = executorHarness(guarded(), DEFAULT_REPLIES);
    policies.replies['p'] = policies.replies['q'] = false;
    expect(await show()).toMatchObject({ result: { type: 'denied', message: { text: 'p says no\nq says no' } } });
    expect([plans.saves, stages.hops]).toEqual([0, []]);
  });

  it('redirects to a local `next`, or to /, if the policies refuse and its denied_action is continue', async () => {
    const { show, policies } = executorHarness(guarded('continue'), DEFAULT_REPLIES);
    policies.replies['p'] = false;
    expect((await show({ query: { next: '/app' } })).result).toEqual({ type: 'done', to: '/app' });
    expect((await show({ query: { next: '/路' } })).result).toEqual({ type: 'done', to: '/%E8%B7%AF' });
    expect((await show({ query: { next: '//evil.example' } })).result).toEqual({ type: 'done', to: '/' });
  });

  it('evaluates its policies when it is planned, not at every step', async () => {
    const { show, solve, policies } = executorHarness(guarded(), {
      ...DEFAULT_REPLIES,
      'page.respond': rejectedReply(),
    });
    await show();
    await solve({ word: 'x' });
    expect([policies.requests.length, policies.requests[0]?.policies.length]).toEqual([1, 2]);
  });

  it('evaluates no policies if the visitor does not satisfy its authentication requirement', async () => {
    const version = guarded();
    const closed = { ...version, flow: { ...version.flow, authentication: 'require_authenticated' as const } };
    const { show, policies } = executorHarness(closed, DEFAULT_REPLIES);
    expect((await show()).result).toEqual(DENIED);
    expect(policies.requests).toEqual([]);
  });

  it('evaluates its policies again at a restart, and ends if they then refuse', async () => {
    const version = flowOf([{ kind: 'page', onRefusal: 'restart' }], {}, policySetOf({ policy: 'p' }));
    const { show, solve, policies, plans } = executorHarness(version, {
      ...DEFAULT_REPLIES,
      'page.respond': rejectedReply(),
    });
    await show();
    expect((await solve({ word: 'x' })).result).toMatchObject(shows({ page: true }));
    policies.replies['p'] = false;
    expect((await solve({ word: 'x' })).result).toEqual({ type: 'denied', message: { text: 'p says no' } });
    expect(plans.plan?.ended).toEqual({ denied: { text: 'p says no' } });
  });

  it('redirects to its destination if its policies refuse a restart and its denied_action is continue', async () => {
    const version = flowOf([{ kind: 'page', onRefusal: 'restart' }], {}, policySetOf({ policy: 'p' }));
    const going = { ...version, flow: { ...version.flow, denied_action: 'continue' as const } };
    const { show, solve, policies, plans } = executorHarness(going, {
      ...DEFAULT_REPLIES,
      'page.respond': rejectedReply(),
    });
    await show({ query: { next: '/app' } });
    policies.replies['p'] = false;
    expect((await solve({ word: 'x' })).result).toEqual({ type: 'done', to: '/app' });
    expect(plans.plan?.ended).toEqual({ to: '/app' });
  });

  it('does not check its authentication requirement again at a restart with a pending user', async () => {
    const version = flowOf([{ kind: 'ident' }, { kind: 'login' }, { kind: 'page', onRefusal: 'restart_with_context' }]);
    const anonymousOnly = { ...version, flow: { ...version.flow, authentication: 'require_unauthenticated' as const } };
    const { solve, plans } = executorHarness(anonymousOnly, { ...DEFAULT_REPLIES, 'page.respond': rejectedReply() });
    await solve({ uid: 'alice' });
    plans.session = loggedIn;
    expect((await solve({ word: 'x' })).result).toMatchObject(shows({ who: true }));
  });

  it('ends if a restart leaves no step', async () => {
    const version = flowOf([{ kind: 'page', onRefusal: 'restart', planned: policySetOf({ policy: 'p' }) }]);
    const { show, solve, policies } = executorHarness(version, { ...DEFAULT_REPLIES, 'page.respond': rejectedReply() });
    await show();
    policies.replies['p'] = false;
    expect((await solve({ word: 'x' })).result).toEqual({ type: 'done', to: '/' });
  });
});

describe('a step whose policies are evaluated while the flow is planned', () => {
  const flow = flowOf([
    { kind: 'ident', planned: policySetOf({ policy: 'p' }) },
    { kind: 'page', planned: policySetOf({ policy: 'q' }) },
  ]);

  it('is left out of the plan if its policies do not pass', async () => {
    const { show, policies, plans } = executorHarness(flow, DEFAULT_REPLIES);
    policies.replies['p'] = false;
    expect((await show()).result).toMatchObject(shows({ page: true }));
    expect(plans.plan?.steps).toEqual([{ binding: 'page-1' }]);
  });

  it('does not have its policies evaluated again when it becomes current', async () => {
    const { show, solve, policies } = executorHarness(flow, DEFAULT_REPLIES);
    await show();
    policies.replies['q'] = false;
    expect((await solve({ uid: 'alice' })).result).toMatchObject(shows({ page: true }));
    expect(policies.requests).toHaveLength(2);
  });
});
