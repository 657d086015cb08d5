import { Problem, type StageReply } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply, DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

const LOGIN = flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);

describe('a login', () => {
  it('needs one load, one save and one message per stage for each request', async () => {
    const { show, solve, plans, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);

    expect((await show()).result).toMatchObject({ type: 'show', challenge: { who: true } });
    expect((await solve({ uid: 'alice' })).result).toMatchObject({ type: 'show', challenge: { secret: true } });
    const last = await solve({ password: 'hunter2' });

    expect(last.result).toEqual({ type: 'done', to: '/' });
    expect(last.cookie?.value).toMatch(/^[\w-]{43}$/);
    expect(plans.savedEffects).toMatchObject([{ type: 'login', user: ALICE.uuid }]);
    expect(stages.hops).toEqual([
      'ident.challenge',
      'ident.respond',
      'secret.challenge',
      'secret.respond',
      'login.challenge',
    ]);
    expect([plans.loads, plans.saves]).toEqual([3, 3]);
  });

  it('is not saved again by a second GET', async () => {
    const { show, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show();
    await show();

    expect(plans.saves).toBe(1);
  });

  it('sends a stage only the facts that its contract reads', async () => {
    const { solve, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await solve(
      { uid: 'alice', component: 'ak-stage-ident', constructor: 'x' },
      { query: { flow_token: 'secret', next: '/a' } },
    );

    expect(stages.requests[0]).toMatchObject({ response: { uid: 'alice' }, query: { next: '/a' }, context: {} });
    expect(Object.keys(stages.requests[0]?.response ?? {})).toEqual(['uid']);
    expect(stages.requests[0]?.query).not.toHaveProperty('flow_token');
    expect(stages.requests[1]?.context).toEqual({ pending_user: ALICE });
  });

  it('sends a stage only the cookies and facts that its contract lists', async () => {
    const { solve, stages } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'ident.respond': { type: 'passed', context: { pending_user: ALICE, user_backend: 'b' } },
    });
    const cookies = { authentik_session: 'key', constructor: 'x' };
    await solve({ uid: 'alice' }, { client: { ip: '203.0.113.7', user_agent: '', outpost: false, cookies } });

    expect(stages.requests.map(({ client }) => client.cookies)).toEqual([{}, {}]);
    expect(stages.requests[1]?.context).toEqual({ pending_user: ALICE });
  });

  it('gives each stage request of a revision a unique id', async () => {
    const { show, solve, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show();
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });

    const ids = stages.requests.map(({ id }) => id.split('.').slice(1).join('.'));
    expect(ids).toEqual(['0.0', '0.0', '0.1', '1.0', '1.1']);
  });
});

describe('two concurrent answers', () => {
  it('are saved once: both get the same challenge, and no effect is applied twice', async () => {
    const { show, solve, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show();
    await solve({ uid: 'alice' });

    const answers = await Promise.all([solve({ password: 'hunter2' }), solve({ password: 'hunter2' })]);

    expect(answers.map(({ result }) => result)).toEqual([
      { type: 'done', to: '/' },
      { type: 'done', to: '/' },
    ]);
    expect(answers.filter(({ cookie }) => cookie)).toHaveLength(1);
    expect(plans.savedEffects).toHaveLength(1);
  });

  it('do not reveal the verdict on the answer that lost', async () => {
    const wrong = { ...DEFAULT_REPLIES, 'secret.respond': rejectedReply(['password']) };
    const { show, solve } = executorHarness(LOGIN, wrong);
    await show();
    await solve({ uid: 'alice' });

    const answers = await Promise.all([solve({ password: 'a' }), solve({ password: 'b' })]);

    const errors = answers.map(({ result }) => (result.type === 'show' ? result.errors : undefined));
    expect(errors.filter((e) => e === undefined)).toHaveLength(1);
  });

  it('are both counted if they are wrong, although only one is saved (accident 54)', async () => {
    const { show, solve, plans, attempts } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'secret.respond': rejectedReply(['password']),
    });
    await show();
    await solve({ uid: 'alice' });
    const before = plans.revision;

    await Promise.all([solve({ password: 'a' }), solve({ password: 'b' })]);

    expect(plans.revision).toBe(before + 1);
    const reserved = attempts.reserved.filter(({ credential, counter }) => credential === 'password' && !counter);
    expect(reserved).toHaveLength(2);
    expect(attempts.released).toEqual([]);
  });
});

describe('a stage that fails', () => {
  it.each(['stage_fault', 'stage_timeout'] as const)(
    'with %s leaves the attempt counted, because it may have judged the answer (accident 54)',
    async (code) => {
      const { solve, attempts } = executorHarness(LOGIN, { ...DEFAULT_REPLIES, 'secret.respond': new Problem(code) });
      await solve({ uid: 'alice' });
      await solve({ password: 'a' });
      expect(attempts.reserved.map(({ credential }) => credential)).toContain('password');
      expect(attempts.released).toEqual([]);
    },
  );

  it('keeps the results of earlier stages of the same request', async () => {
    const { solve, plans } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'secret.challenge': new Problem('stage_away'),
    });

    expect((await solve({ uid: 'alice' })).result).toMatchObject({ type: 'problem', problem: { code: 'stage_away' } });
    expect(plans.plan).toMatchObject({ cursor: 1, context: { pending_user: ALICE } });
  });

  it('does not get the answer to the previous step in the next request', async () => {
    const script: Record<string, StageReply | Problem> = {
      ...DEFAULT_REPLIES,
      'page.challenge': new Problem('stage_away'),
    };
    const { solve, stages } = executorHarness(flowOf([{ kind: 'ident' }, { kind: 'page' }]), script);
    await solve({ uid: 'alice' });
    script['page.challenge'] = challengeReply({ page: true });

    expect((await solve({ uid: 'alice' })).result).toMatchObject({ type: 'show', challenge: { page: true } });
    expect(stages.hops).not.toContain('page.respond');
  });

  it('leaves the plan unchanged if it is the first stage that the request calls', async () => {
    const { solve, plans } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'ident.respond': new Problem('stage_timeout'),
    });

    expect((await solve({ uid: 'alice' })).result).toMatchObject({
      type: 'problem',
      problem: { code: 'stage_timeout' },
    });
    expect(plans.saves).toBe(0);
  });

  it('releases the attempts if it was busy or away, and keeps them after a time-out or a fault', async () => {
    for (const [code, returned] of [
      ['stage_busy', 2],
      ['stage_away', 2],
      ['stage_timeout', 0],
      ['stage_fault', 0],
    ] as const) {
      const { solve, attempts } = executorHarness(flowOf([{ kind: 'secret' }]), {
        'secret.respond': new Problem(code),
      });
      await solve({ password: 'x' });

      expect([attempts.reserved.length, attempts.released.length]).toEqual([2, returned]);
    }
  });

  it('after 32 stage requests in one HTTP request is not called again', async () => {
    const many = flowOf(Array.from({ length: 40 }, () => ({ kind: 'login' })));
    const { show, stages } = executorHarness(many, { 'login.challenge': { type: 'passed' } });

    expect((await show()).result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(stages.hops).toHaveLength(32);
  });
});

describe('a plan', () => {
  it('is denied without a request to the stage if a required fact is missing', async () => {
    const { show, stages } = executorHarness(flowOf([{ kind: 'needy' }]), {});

    expect((await show()).result).toMatchObject({ message: { text: 'Unknown error' }, reason: 'unspecified' });
    expect(stages.hops).toEqual([]);
  });

  it('restarts if the binding of the refusing stage says so, and is denied after too many restarts', async () => {
    const flow = flowOf([{ kind: 'login', onRefusal: 'restart' }]);
    const { show, stages } = executorHarness(flow, { 'login.challenge': { type: 'denied' } });

    expect((await show()).result).toMatchObject({ type: 'denied' });
    expect(stages.hops).toHaveLength(9);
  });

  it('takes no facts from the body or the query when it restarts with its context', async () => {
    const flow = flowOf([{ kind: 'ident' }, { kind: 'page', onRefusal: 'restart_with_context' }]);
    const { solve, plans } = executorHarness(flow, { ...DEFAULT_REPLIES, 'page.respond': rejectedReply() });
    await solve({ uid: 'alice' });
    await solve({ word: 'x', pending_user: { kind: 'saved' }, redirect: '//evil' }, { query: { redirect: '//evil' } });

    expect(plans.plan).toMatchObject({ cursor: 0, restarts: 1, context: { pending_user: ALICE } });
    expect(plans.plan?.context).toEqual({ pending_user: ALICE });
  });

  it('ends if its user is deleted or disabled', async () => {
    const { solve, plans, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await solve({ uid: 'alice' });
    plans.orphaned = true;
    const hops = stages.hops.length;

    expect((await solve({ password: 'hunter2' })).result).toMatchObject({ type: 'denied' });
    expect(stages.hops).toHaveLength(hops);
    expect(plans.plan?.ended).toBeDefined();
  });

  it('redirects to the last requested `next`, and is denied if that leads to another site', async () => {
    const { show, solve } = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    await show({ query: { next: '/early' } });
    expect((await solve({}, { query: { next: '' } })).result).toEqual({ type: 'done', to: '/early' });

    const evil = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    expect((await evil.solve({}, { query: { next: '//evil.example' } })).result).toEqual({
      type: 'denied',
      message: { text: 'Invalid next URL' },
      reason: 'next_invalid',
    });
  });

  it('does not store the flow token of the URL that started it', async () => {
    const { show, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show({ query: { flow_token: 'secret', itoken: 'a', next: '/app/' } });

    expect(plans.plan).toMatchObject({ query: { itoken: 'a' }, next: '/app/' });
    expect(plans.plan?.query).not.toHaveProperty('flow_token');
  });

  it('is replaced if the query has the token of another invitation', async () => {
    const { show, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show({ query: { itoken: 'a' } });
    const first = plans.plan?.id;
    await show({});
    expect(plans.plan?.id).toBe(first);
    await show({ query: { itoken: 'b' } });

    expect(plans.plan?.id).not.toBe(first);
  });

  it('is replaced if the query asks for stronger authentication than its own query', async () => {
    const { show, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    const planOf = async (query: Record<string, string>) => {
      await show({ query });
      return plans.plan?.id;
    };
    const first = await planOf({});
    for (const query of [{ prompt: 'consent' }, { acr_values: 'urn:gold', max_age: 'soon' }, { max_age: '' }, {}])
      expect(await planOf(query)).toBe(first);
    const raised = await planOf({ acr_values: 'aal2', max_age: '60' });
    expect(raised).not.toBe(first);
    for (const query of [{ acr_values: 'aal2' }, { max_age: '300' }, {}]) expect(await planOf(query)).toBe(raised);
    expect(await planOf({ prompt: 'login' })).not.toBe(raised);
  });
});

const NOT_ADMITTED = {
  type: 'denied',
  message: { text: 'Flow does not apply to current user.' },
  reason: 'login_required',
};

describe('a flow', () => {
  it('that does not exist fails with not_found', async () => {
    await expect(executorHarness(LOGIN, DEFAULT_REPLIES).show({ slug: 'nowhere' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('without steps ends at once and stores no session', async () => {
    const { show, plans } = executorHarness(flowOf([]), {});

    expect((await show()).result).toEqual({ type: 'done', to: '/' });
    expect(plans.saves).toBe(0);
  });

  it.each([
    ['message_continue', NOT_ADMITTED],
    ['message', NOT_ADMITTED],
    ['continue', { type: 'done', to: '/next' }],
  ] as const)('that does not admit the visitor follows its denied_action: %s', async (denied_action, result) => {
    const version = flowOf([{ kind: 'page' }]);
    const closed = {
      ...version,
      flow: { ...version.flow, denied_action, authentication: 'require_authenticated' as const },
    };
    const { show, stages } = executorHarness(closed, DEFAULT_REPLIES);

    expect((await show({ query: { next: '/next' } })).result).toEqual(result);
    expect(stages.hops).toEqual([]);
  });
});
