import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { flowOf } from '../testing/test-flow.js';

const shows = (challenge: object) => ({ type: 'show', challenge, errors: undefined });

describe('a flow without policies', () => {
  it('sends no policy request', async () => {
    const { show, solve, policies, memberships } = executorHarness(
      flowOf([{ kind: 'ident', policies: policySetOf({ group: 'g', enabled: false }) }, { kind: 'page' }]),
      DEFAULT_REPLIES,
    );
    await show();
    await solve({ uid: 'alice' });
    expect([policies.requests.length, memberships.lookups]).toEqual([0, 0]);
  });
});

describe('a step whose policies are evaluated when it becomes current', () => {
  const flow = flowOf([
    { kind: 'ident' },
    { kind: 'secret', policies: policySetOf({ policy: 'p' }) },
    { kind: 'page', policies: policySetOf({ policy: 'q' }) },
  ]);

  it('is entered if its policies pass, and does not evaluate them again until the plan leaves it', async () => {
    const { show, solve, policies, plans } = executorHarness(flow, {
      ...DEFAULT_REPLIES,
      'secret.respond': rejectedReply(),
    });
    await solve({ uid: 'alice' });
    expect(plans.plan?.verdicts).toEqual({ 'secret-1': { pass: true, messages: [] } });
    policies.replies['p'] = false;
    await show();
    await solve({ password: 'x' });
    expect((await show()).result).toMatchObject(shows({ secret: true }));
    expect([policies.count('p'), plans.saves]).toEqual([1, 3]);
  });

  it('is skipped if its policies refuse, and the same request shows the next step, with one more load and save', async () => {
    const { show, solve, policies, plans, stages } = executorHarness(flow, DEFAULT_REPLIES);
    await show();
    policies.replies['p'] = false;
    expect((await solve({ uid: 'alice' })).result).toMatchObject(shows({ page: true }));
    expect(stages.hops).toEqual(['ident.challenge', 'ident.respond', 'page.challenge']);
    expect([plans.loads, plans.saves]).toEqual([2, 2]);
    expect(plans.plan?.verdicts).toEqual({ 'page-2': { pass: true, messages: [] } });
    expect(plans.plan?.trail.map(({ step, outcome }) => [step, outcome])).toEqual([
      ['ident-0', 'passed'],
      ['secret-1', 'skipped'],
    ]);
  });

  it('ends the flow if no step is left, also after an answer', async () => {
    const { solve, policies } = executorHarness(flow, DEFAULT_REPLIES);
    policies.replies['p'] = policies.replies['q'] = false;
    expect((await solve({ uid: 'alice' })).result).toEqual({ type: 'done', to: '/' });
  });

  it('does not get the answer to the previous step', async () => {
    const { solve, policies, stages } = executorHarness(flow, DEFAULT_REPLIES);
    policies.replies['p'] = false;
    await solve({ uid: 'alice' });
    await solve({ component: 'ak-stage-secret', password: 'x' });
    expect(stages.hops).toEqual(['ident.respond', 'page.challenge']);
  });

  it('has its policies evaluated again after a restart', async () => {
    const again = flowOf([
      { kind: 'page', policies: policySetOf({ policy: 'p' }), onRefusal: 'restart' },
      { kind: 'ident' },
    ]);
    const { show, solve, policies } = executorHarness(again, { ...DEFAULT_REPLIES, 'page.respond': rejectedReply() });
    await show();
    policies.replies['p'] = false;
    expect((await solve({ word: 'x' })).result).toMatchObject(shows({ who: true }));
    expect(policies.count('p')).toBe(2);
  });
});

describe('a deny stage with a policy before a step that restarts with context', () => {
  it('denies when the later step restarts the plan', async () => {
    const flow = flowOf([
      { kind: 'login', policies: policySetOf({ policy: 'p' }) },
      { kind: 'ident', onRefusal: 'restart_with_context' },
    ]);
    const unknown = { kind: 'pretended' as const, username: 'nobody', email: '' };
    const effects = [{ type: 'reputation' as const, identifier: 'nobody', delta: -1 }];
    const refusal = { ...rejectedReply(), effects, context: { pending_user: unknown } };
    const { show, solve, policies } = executorHarness(flow, {
      ...DEFAULT_REPLIES,
      'login.challenge': { type: 'denied' },
      'ident.respond': refusal,
    });
    policies.replies['p'] = false;
    expect((await show()).result).toMatchObject(shows({ who: true }));
    policies.replies['p'] = true;
    expect((await solve({ uid: 'nobody' })).result).toMatchObject({
      type: 'denied',
      message: { text: 'Unknown error' },
    });
    expect(policies.requests.map(({ user }) => user)).toEqual([null, unknown]);
    expect(policies.requests.map(({ reputation }) => reputation)).toEqual([
      undefined,
      [{ identifier: 'nobody', delta: -1 }],
    ]);
  });
});

describe('the HTTP method in a policy request', () => {
  const [guard, first, next] = ['guard', 'first', 'next'].map((policy) => policySetOf({ policy }));
  const flow = (onRefusal: 'retry' | 'restart' = 'retry') =>
    flowOf(
      [
        { kind: 'ident', policies: first! },
        { kind: 'page', policies: next!, onRefusal },
      ],
      {},
      guard,
    );
  const seen = ({ policies }: ReturnType<typeof executorHarness>) =>
    policies.requests.map(({ method, policies: [policy] }) => `${policy?.id} ${method}`);

  it('is the method of the visitor’s request at planning, and GET for a step after an answered one', async () => {
    const shown = executorHarness(flow(), DEFAULT_REPLIES);
    await shown.show();
    await shown.solve({ uid: 'alice' });
    expect(seen(shown)).toEqual(['guard GET', 'first GET', 'next GET']);

    const answered = executorHarness(flow(), DEFAULT_REPLIES);
    await answered.solve({ uid: 'alice' });
    expect(seen(answered)).toEqual(['guard POST', 'first POST', 'next GET']);
  });

  it('is POST when an answer restarts the flow', async () => {
    const over = executorHarness(flow('restart'), { ...DEFAULT_REPLIES, 'page.respond': rejectedReply() });
    await over.show();
    await over.solve({ uid: 'alice' });
    await over.solve({ word: 'x' });
    expect(seen(over).slice(3)).toEqual(['guard POST', 'first GET']);
  });
});

describe('a request', () => {
  it('ends with an error if it would evaluate more policies than the step budget allows', async () => {
    const many = flowOf(Array.from({ length: 40 }, () => ({ kind: 'page', policies: policySetOf({ policy: 'p' }) })));
    const { show, policies } = executorHarness(many, DEFAULT_REPLIES);
    policies.replies['p'] = false;
    expect((await show()).result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(policies.requests).toHaveLength(32);
  });
});
