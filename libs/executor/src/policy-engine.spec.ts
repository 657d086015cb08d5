import { Problem } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { challengeReply, DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

const DENIED = { type: 'denied', message: { text: 'Flow does not apply to current user.' } };
const alice = { ...ALICE, is_superuser: false, debug: false };
const loggedIn = { id: 's', retired: false, remainingS: undefined, user: alice };
const shows = (challenge: object) => ({ type: 'show', challenge, errors: undefined });

describe('a policy request', () => {
  it('contains the pending user, the whole context and the policies’ configs', async () => {
    const flow = flowOf([
      { kind: 'ident' },
      { kind: 'page', policies: policySetOf({ policy: 'p', timeout_s: 2 }, { policy: 'q' }) },
    ]);
    const { solve, policies, plans } = executorHarness(flow, DEFAULT_REPLIES);
    await solve(
      { uid: 'alice' },
      { client: { ip: '203.0.113.7', user_agent: 'x', outpost: false, cookies: { a: 'b' } } },
    );
    expect(policies.requests).toEqual([
      {
        v: 1,
        id: `${plans.plan?.id}.0.1`,
        timeout_ms: expect.any(Number),
        locale: 'en',
        policies: [
          { id: 'p', kind: 'test', name: 'p', config: {}, timeout_ms: 2000 },
          { id: 'q', kind: 'test', name: 'q', config: {}, timeout_ms: 5000 },
        ],
        user: ALICE,
        client: { ip: '203.0.113.7', user_agent: 'x', outpost: false },
        site: expect.objectContaining({ brand: 'Example' }),
        method: 'GET',
        flow_plan: { id: flow.flow.id, slug: 'login', context: { pending_user: ALICE } },
        context: {},
      },
    ]);
    expect(policies.requests[0]?.timeout_ms).toBe(5000);
  });

  it('has a timeout of at most the time that the HTTP request has left', async () => {
    const { show, policies } = executorHarness(
      flowOf([{ kind: 'page', policies: policySetOf({ policy: 'p' }) }]),
      DEFAULT_REPLIES,
    );
    await show({ arrivedAt: performance.now() - 19_000 });
    expect(policies.requests[0]?.timeout_ms).toBeLessThanOrEqual(1000);
  });

  it('contains the session’s user if there is no pending user, and null for an anonymous visitor', async () => {
    const { show, plans, policies } = executorHarness(
      flowOf([{ kind: 'page', policies: policySetOf({ policy: 'p' }) }]),
      DEFAULT_REPLIES,
    );
    await show();
    plans.plan = undefined;
    plans.session = loggedIn;
    await show();
    expect(policies.requests.map(({ user }) => user?.kind)).toEqual([undefined, 'saved']);
  });
});

describe('group bindings', () => {
  const flow = flowOf([
    { kind: 'ident' },
    { kind: 'page', policies: policySetOf({ group: 'staff' }) },
    { kind: 'secret' },
  ]);

  it('compare the groups of the pending user', async () => {
    const { solve, memberships } = executorHarness(flow, DEFAULT_REPLIES);
    expect((await solve({ uid: 'alice' })).result).toMatchObject(shows({ secret: true }));
    const other = executorHarness(flow, DEFAULT_REPLIES);
    other.memberships.groups.set(ALICE.uuid, ['staff']);
    expect((await other.solve({ uid: 'alice' })).result).toMatchObject(shows({ page: true }));
    expect([memberships.lookups, other.policies.requests.length]).toEqual([1, 0]);
  });

  it('need no lookup of groups for an anonymous visitor', async () => {
    const first = flowOf([{ kind: 'page', policies: policySetOf({ group: 'staff', negate: true }) }]);
    const { show, memberships } = executorHarness(first, DEFAULT_REPLIES);
    expect((await show()).result).toMatchObject(shows({ page: true }));
    expect(memberships.lookups).toBe(0);
  });
});

describe('a policy without a result', () => {
  const away = new Problem('policy_away');

  it('prevents the start of a flow, and no plan is stored', async () => {
    const { show, policies, plans, stages } = executorHarness(
      flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p', failure_result: true })),
      DEFAULT_REPLIES,
    );
    policies.replies['p'] = away;
    expect((await show()).result).toEqual({ type: 'problem', problem: away });
    expect([plans.saves, stages.hops]).toEqual([0, []]);
  });

  it('neither enters nor skips a step: the plan stores no verdict and keeps the results of earlier steps', async () => {
    const flow = flowOf([
      { kind: 'ident' },
      { kind: 'page', policies: policySetOf({ policy: 'p', failure_result: true, negate: true }) },
    ]);
    const { show, solve, policies, plans, stages } = executorHarness(flow, DEFAULT_REPLIES);
    policies.replies['p'] = away;
    expect((await solve({ uid: 'alice' })).result).toEqual({ type: 'problem', problem: away });
    expect(plans.plan).toMatchObject({ cursor: 1, verdicts: {}, context: { pending_user: ALICE } });
    expect((await show()).result).toEqual({ type: 'problem', problem: away });
    expect(stages.hops).toEqual(['ident.respond']);
    policies.replies['p'] = false;
    expect((await show()).result).toMatchObject(shows({ page: true }));
  });

  it('prevents the restart of a flow', async () => {
    const version = flowOf(
      [{ kind: 'page', onRefusal: 'restart' }, { kind: 'login' }],
      {},
      policySetOf({ policy: 'p' }),
    );
    const { show, solve, policies, plans } = executorHarness(version, {
      ...DEFAULT_REPLIES,
      'page.respond': rejectedReply(),
    });
    await show();
    policies.replies['p'] = away;
    expect((await solve({ word: 'x' })).result).toEqual({ type: 'problem', problem: away });
    expect(plans.plan).toMatchObject({ cursor: 0, restarts: 0 });
  });

  it('counts as its failure_result and is reported if the policy threw', async () => {
    const broken = { results: { p: { pass: true, messages: [], error: 'division by zero' } } };
    for (const [failure_result, expected] of [
      [false, DENIED],
      [true, shows({ page: true })],
    ] as const) {
      const { show, policies, undecided } = executorHarness(
        flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p', failure_result })),
        DEFAULT_REPLIES,
      );
      policies.replies['p'] = broken;
      expect((await show()).result).toMatchObject(expected);
      expect(undecided).toEqual([{ policy: 'p', error: 'division by zero', flow: 'login' }]);
    }
  });
});

describe('a step whose policy threw', () => {
  const broken = { results: { p: { pass: true, messages: [], error: 'division by zero' } } };
  const before = (kind: string, when: 'planned' | 'policies', binding = {}) =>
    flowOf([{ kind, [when]: policySetOf({ policy: 'p', ...binding }) }, { kind: 'ident' }]);

  it.each([
    ['with the plan', 'planned'],
    ['when the step becomes current', 'policies'],
  ] as const)('is not skipped if its stage grants nothing (accident 1): policies evaluated %s', async (_, when) => {
    const { show, policies, undecided } = executorHarness(before('page', when), DEFAULT_REPLIES);
    policies.replies['p'] = broken;
    expect((await show()).result).toMatchObject(shows({ page: true }));
    expect(undecided).toEqual([{ policy: 'p', error: 'division by zero', flow: 'login' }]);
  });

  it.each([
    ['with the plan', 'planned'],
    ['when the step becomes current', 'policies'],
  ] as const)('is skipped if it would log a user in (accident 1): policies evaluated %s', async (_, when) => {
    const { show, policies, stages } = executorHarness(before('login', when), DEFAULT_REPLIES);
    policies.replies['p'] = broken;
    expect((await show()).result).toMatchObject(shows({ who: true }));
    expect(stages.hops).toEqual(['ident.challenge']);
  });

  it('is skipped if its other policies refuse whatever the policy would have returned', async () => {
    const version = flowOf([
      { kind: 'page', policies: { ...policySetOf({ policy: 'p' }, { policy: 'q' }), mode: 'all' } },
      { kind: 'ident' },
    ]);
    const { show, policies } = executorHarness(version, DEFAULT_REPLIES);
    policies.replies['p'] = broken;
    policies.replies['q'] = false;
    expect((await show()).result).toMatchObject(shows({ who: true }));
  });

  it('runs if the failure_result of its binding is true, also if it would log a user in', async () => {
    const { show, policies, stages } = executorHarness(
      before('login', 'policies', { failure_result: true }),
      DEFAULT_REPLIES,
    );
    policies.replies['p'] = broken;
    await show();
    expect(stages.hops[0]).toBe('login.challenge');
  });
});

describe('a change of the plan by policies', () => {
  const flow = flowOf([{ kind: 'page', policies: policySetOf({ policy: 'p' }) }, { kind: 'ident' }]);
  const policyReply = (more: object, pass = true) => ({ results: { p: { pass, messages: [] } }, ...more });

  it('stores shared facts, and facts of policies that no stage gets', async () => {
    const { show, solve, policies, plans, stages } = executorHarness(flow, DEFAULT_REPLIES);
    policies.replies['p'] = policyReply({
      context: { set: { weather: { warm: true }, pending_user: ALICE }, unset: [] },
    });
    await show();
    expect(stages.requests[0]?.context).toEqual({ pending_user: ALICE });
    await solve({ word: 'x' });
    expect(plans.plan?.context).toEqual({ weather: { warm: true }, pending_user: ALICE });
  });

  it('cannot change directory properties of the pending user or of a user whom policies name', async () => {
    const altered = { ...ALICE, email: 'mallory@example.net', username: 'mallory' };
    for (const kind of ['page', 'ident']) {
      const flow = flowOf([{ kind }, { kind: 'page', policies: policySetOf({ policy: 'p' }) }]);
      const { solve, policies, plans } = executorHarness(flow, DEFAULT_REPLIES);
      policies.replies['p'] = policyReply({ context: { set: { pending_user: altered }, unset: [] } });
      await solve({ word: 'x', uid: 'alice' });
      expect(plans.plan?.context.pending_user).toEqual(ALICE);
    }
  });

  it('is kept even if the policies skip the step', async () => {
    const { show, policies, plans } = executorHarness(flow, DEFAULT_REPLIES);
    policies.replies['p'] = policyReply({ context: { set: { weather: 'cold' }, unset: ['is_sso'] } }, false);
    await show();
    expect(plans.plan).toMatchObject({ cursor: 1, context: { weather: 'cold' } });
  });

  it('may remove facts', async () => {
    const version = flowOf([{ kind: 'ident' }, { kind: 'page', policies: policySetOf({ policy: 'p' }) }]);
    const { solve, policies, plans } = executorHarness(version, DEFAULT_REPLIES);
    policies.replies['p'] = policyReply({ context: { set: {}, unset: ['pending_user'] } });
    await solve({ uid: 'alice' });
    expect(plans.plan?.context).toEqual({});
  });

  it('may insert a redirect in place of a skipped step', async () => {
    const { show, solve, policies } = executorHarness(flow, {
      ...DEFAULT_REPLIES,
      'redirect.challenge': challengeReply({ to: '/elsewhere' }),
      'redirect.respond': challengeReply({ to: '/elsewhere' }),
    });
    const insert = { where: 'next' as const, steps: [{ kind: 'redirect', config: { to: '/elsewhere' } }] };
    policies.replies['p'] = policyReply({ insert }, false);
    for (const answer of [await show(), await solve({}), await solve({}), await show()]) {
      expect(answer.result).toMatchObject(shows({ to: '/elsewhere' }));
    }
  });

  it('may insert a redirect before the first step of a flow', async () => {
    const { show, policies } = executorHarness(flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p' })), {
      ...DEFAULT_REPLIES,
      'redirect.challenge': challengeReply({ to: '/elsewhere' }),
    });
    policies.replies['p'] = policyReply({
      insert: { where: 'next', steps: [{ kind: 'redirect', config: { to: '/elsewhere' } }] },
    });
    expect((await show()).result).toMatchObject(shows({ to: '/elsewhere' }));
  });

  it.each([
    ['a fact of the wrong shape', { context: { set: { pending_user: 'alice' }, unset: [] } }],
    ['a step of another kind', { insert: { where: 'next' as const, steps: [{ kind: 'login', config: {} }] } }],
    [
      'a user who does not exist',
      { context: { set: { pending_user: { ...ALICE, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' } }, unset: [] } },
    ],
    ['a redirect to nowhere', { insert: { where: 'last' as const, steps: [{ kind: 'redirect', config: {} }] } }],
  ])('fails with stage_fault and changes nothing if it is %s', async (_what, more) => {
    const { show, policies, plans, stages } = executorHarness(flow, DEFAULT_REPLIES);
    policies.replies['p'] = policyReply(more);
    expect((await show()).result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect([plans.saves, stages.hops]).toEqual([0, []]);
  });
});
