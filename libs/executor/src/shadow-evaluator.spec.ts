import { Problem } from '@gatehouse/contracts';
import type { PolicySet } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policyBindingOf, policySetOf } from '../testing/fake-policy-client.js';
import { challengeReply, DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import type { AnonymousPolicyEvent } from './policy-engine.js';

/**
 * Returns a policy set with these enforced bindings. The policy `s` is its shadow condition: it is evaluated but not
 * enforced.
 */
const shadowed = (enforced: PolicySet = policySetOf(), more = {}): PolicySet => ({
  ...enforced,
  shadow: [policyBindingOf({ id: 'b-s', policy: 's', ...more })],
});
const onPage = (set: PolicySet) => flowOf([{ kind: 'page', policies: set }, { kind: 'secret' }]);
const shows = { type: 'show', challenge: { page: true } };
const verdict = { binding: 'b-s', condition: 'policy', policy: 's' };
const failed = { ...verdict, outcome: 'fail', messages: ['s says no'], met: true, would_be_met: false };
const eventOf = (context: object) => ({
  type: 'event',
  action: 'policy_shadow',
  context: { message: 'Shadow Policy', ...context },
});

describe('a shadow condition', () => {
  it('skips no step and refuses no flow, but records what it would have decided', async () => {
    for (const version of [onPage(shadowed()), flowOf([{ kind: 'page' }], {}, shadowed())]) {
      const { show, policies, plans, observer } = executorHarness(version, DEFAULT_REPLIES);
      policies.replies['s'] = false;
      expect((await show()).result).toMatchObject(shows);
      expect(plans.savedEffects).toEqual([eventOf(failed)]);
      expect(plans.plan?.shadow_verdicts).toEqual([{ ...failed, target: expect.stringMatching(/^(page-0|guard)$/) }]);
      expect(observer.seen).toContain('shadow login fail changes');
    }
  });

  it('that passes does not run a step that the enforced conditions skip', async () => {
    const { show, policies, plans } = executorHarness(onPage(shadowed(policySetOf({ policy: 'p' }))), {
      ...DEFAULT_REPLIES,
      'secret.challenge': challengeReply({ secret: true }),
    });
    policies.replies['p'] = false;
    expect((await show()).result).toMatchObject({ challenge: { secret: true } });
    // In mode `any`, the condition would have let the step run if it were enforced.
    expect(plans.savedEffects).toEqual([eventOf({ ...verdict, outcome: 'pass', met: false, would_be_met: true })]);
  });

  it('does not change the plan or its verdicts: facts, steps and events are dropped, and messages only recorded', async () => {
    const { show, policies, plans } = executorHarness(onPage(shadowed()), DEFAULT_REPLIES);
    policies.replies['s'] = {
      results: { s: { pass: true, messages: ['look here'] } },
      context: { set: { colour: 'red', pending_user: ALICE }, unset: [] },
      insert: { where: 'next', steps: [{ kind: 'redirect', config: { to: '/' } }] },
      events: [{ action: 'custom_noticed', context: {} }],
    };
    await show();
    expect(plans.plan).toMatchObject({ context: {}, verdicts: { 'page-0': { pass: true, messages: [] } } });
    expect(plans.plan?.steps).toHaveLength(2);
    const messages = ['look here'];
    expect(plans.savedEffects).toEqual([
      eventOf({ ...verdict, outcome: 'pass', messages, met: true, would_be_met: true }),
    ]);
  });

  it('is recorded with at most ten messages of at most 500 characters', async () => {
    const { show, policies, plans } = executorHarness(onPage(shadowed()), DEFAULT_REPLIES);
    policies.replies['s'] = {
      results: { s: { pass: false, messages: Array.from({ length: 11 }, () => '😀'.repeat(501)) } },
    };
    await show();
    const messages = Array.from({ length: 10 }, () => '😀'.repeat(500));
    expect(plans.savedEffects).toMatchObject([{ context: { messages } }]);
    expect(plans.plan?.shadow_verdicts).toMatchObject([{ messages }]);
  });

  it('has a policy request of its own, marked as shadow, and does not change the ids of other requests', async () => {
    const { show, policies, stages, plans } = executorHarness(
      onPage(shadowed(policySetOf({ policy: 'p' }))),
      DEFAULT_REPLIES,
    );
    await show();
    const id = plans.plan!.id;
    expect(
      policies.requests.map(({ dry_run, policies: asked, ...request }) => [request.id, dry_run, asked[0]?.id]),
    ).toEqual([
      [`${id}.0.0`, undefined, 'p'],
      [`${id}.0.page-0.shadow`, 'shadow', 's'],
    ]);
    expect(policies.requests[1]).toMatchObject({ timeout_ms: 250, policies: [{ timeout_ms: 250 }] });
    expect(stages.requests[0]?.id).toBe(`${id}.0.1`);
  });

  it.each([
    ['throws', { results: { s: { pass: false, messages: [], error: 'division by zero' } } }, 'division by zero'],
    ['gets no reply', new Problem('policy_away'), expect.any(String)],
  ])('that %s is recorded as undecided, and the step runs', async (...[, reply, error]) => {
    const { show, policies, plans, undecided } = executorHarness(onPage(shadowed()), DEFAULT_REPLIES);
    policies.replies['s'] = reply;
    expect((await show()).result).toMatchObject(shows);
    const context = { ...verdict, outcome: 'undecided', error, met: true, would_be_met: false };
    expect(plans.savedEffects).toEqual([eventOf(context)]);
    expect(undecided).toEqual([]);
  });

  it('that exceeds the time limit is recorded as undecided', async () => {
    const { show, policies, plans } = executorHarness(onPage(shadowed()), DEFAULT_REPLIES);
    policies.evaluate = () => new Promise<never>(() => undefined);
    expect((await show()).result).toMatchObject(shows);
    expect(plans.savedEffects).toMatchObject([{ context: { outcome: 'undecided', error: 'took longer than 250 ms' } }]);
  });

  it('is evaluated once, while its step is shown and answered again', async () => {
    const { show, solve, policies } = executorHarness(onPage(shadowed()), {
      ...DEFAULT_REPLIES,
      'page.respond': rejectedReply(),
    });
    await show();
    await show();
    await solve({ word: 'x' });
    expect(policies.count('s')).toBe(1);
  });

  it('is not evaluated while it is disabled', async () => {
    const { show, policies, plans } = executorHarness(
      onPage(shadowed(policySetOf(), { enabled: false })),
      DEFAULT_REPLIES,
    );
    expect((await show()).result).toMatchObject(shows);
    expect([policies.requests, plans.savedEffects]).toEqual([[], []]);
  });

  it('on a group compares the groups of the user', async () => {
    const set = { ...policySetOf(), shadow: [policyBindingOf({ id: 'b-g', group: 'staff' })] };
    const { solve, memberships, plans } = executorHarness(
      flowOf([{ kind: 'ident' }, { kind: 'page', policies: set }]),
      DEFAULT_REPLIES,
    );
    memberships.groups.set(ALICE.uuid, ['staff']);
    await solve({ uid: 'alice' });
    expect(plans.savedEffects).toMatchObject([
      { context: { binding: 'b-g', condition: 'group', policy: null, outcome: 'pass' } },
    ]);
  });

  it('for anonymous visitors is recorded only within the limit of events, but always counted in metrics', async () => {
    const asked: AnonymousPolicyEvent[] = [];
    const admitsAnonymous = (event: AnonymousPolicyEvent) => asked.push(event) > 1;
    const { show, plans, observer } = executorHarness(onPage(shadowed()), DEFAULT_REPLIES, { admitsAnonymous });
    await show();
    expect(plans.savedEffects).toEqual([]);
    expect(asked).toEqual([{ action: 'policy_shadow', policy: 'b-s', flow: 'login', ip: '203.0.113.7' }]);
    expect(observer.seen).toContain('shadow login pass');
  });
});
