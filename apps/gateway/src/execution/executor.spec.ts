import { Problem, type StageReply } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { ALICE, house, versionOf } from './testing.js';

const asks = (challenge: Record<string, unknown> = {}): StageReply => ({ type: 'challenge', challenge });
const rejects = (failed?: string[]): StageReply => ({
  type: 'rejected',
  errors: { word: [{ code: 'wrong' }] },
  challenge: { again: true },
  ...(failed ? { failed } : {}),
});
const login: StageReply = {
  type: 'passed',
  effects: [
    {
      type: 'login',
      user: ALICE.uuid,
      backend: 'b',
      duration_s: null,
      bindings: { network: 'no_binding', geoip: 'no_binding' },
      terminate_other_sessions: false,
    },
  ],
};

const script = {
  'ident.challenge': asks({ who: true }),
  'ident.respond': { type: 'passed', context: { pending_user: ALICE } },
  'page.challenge': asks({ page: true }),
  'page.respond': { type: 'passed' },
  'secret.challenge': asks({ secret: true }),
  'secret.respond': { type: 'passed', verified: ['password'] },
  'login.challenge': login,
} satisfies Record<string, StageReply>;

const LOGIN = versionOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);

describe('a whole login', () => {
  it('takes one load, one save and as many hops as stages are passed, for each request', async () => {
    const { show, solve, plans, stages } = house(LOGIN, script);

    expect((await show()).told).toMatchObject({ type: 'show', challenge: { who: true } });
    expect((await solve({ uid: 'alice' })).told).toMatchObject({ type: 'show', challenge: { secret: true } });
    const last = await solve({ password: 'hunter2' });

    expect(last.told).toEqual({ type: 'done', to: '/' });
    expect(last.cookie?.value).toMatch(/^[\w-]{43}$/);
    expect(plans.happened).toMatchObject([{ type: 'login', user: ALICE.uuid }]);
    expect(stages.hops).toEqual([
      'ident.challenge',
      'ident.respond',
      'secret.challenge',
      'secret.respond',
      'login.challenge',
    ]);
    expect([plans.loads, plans.saves]).toEqual([3, 3]);
  });

  it('saves nothing for a second look', async () => {
    const { show, plans } = house(LOGIN, script);
    await show();
    await show();

    expect(plans.saves).toBe(1);
  });

  it('tells a stage what its contract reads, and no more', async () => {
    const { solve, stages } = house(LOGIN, script);
    await solve(
      { uid: 'alice', component: 'ak-stage-ident', constructor: 'x' },
      { query: { flow_token: 'secret', next: '/a' } },
    );

    expect(stages.requests[0]).toMatchObject({ response: { uid: 'alice' }, query: { next: '/a' }, context: {} });
    expect(Object.keys(stages.requests[0]?.response ?? {})).toEqual(['uid']);
    expect(stages.requests[0]?.query).not.toHaveProperty('flow_token');
    expect(stages.requests[1]?.context).toEqual({ pending_user: ALICE });
  });

  it('names each turn of each revision once', async () => {
    const { show, solve, stages } = house(LOGIN, script);
    await show();
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });

    const ids = stages.requests.map(({ id }) => id.split('.').slice(1).join('.'));
    expect(ids).toEqual(['0.0', '0.0', '0.1', '1.0', '1.1']);
  });
});

describe('an answer', () => {
  it.each([
    ['another component', { component: 'ak-stage-page', password: 'x' }],
    ['the component of the step before', { component: 'ak-stage-ident', uid: 'alice' }],
  ])('for %s is not given to the current stage: its challenge is shown without errors', async (_, body) => {
    const { solve, stages } = house(LOGIN, script);
    await solve({ uid: 'alice' });
    const hops = stages.hops.length;

    expect((await solve(body)).told).toMatchObject({ type: 'show', challenge: { secret: true }, errors: undefined });
    expect(stages.hops).toHaveLength(hops);
  });

  it.each([{ component: 'unheard-of' }, { component: 7 }, {}])(
    'with the component %o is the current stage’s',
    async (body) => {
      const { solve, stages } = house(LOGIN, script);
      await solve(body);

      expect(stages.hops[0]).toBe('ident.respond');
    },
  );

  it('that is no object is refused without asking the stage to judge it', async () => {
    const { solve, stages } = house(LOGIN, script);

    expect((await solve([])).told).toMatchObject({
      type: 'show',
      challenge: { who: true },
      errors: { non_field_errors: [{ code: 'not_an_object' }] },
    });
    expect(stages.hops).toEqual(['ident.challenge']);
  });

  it('that a stage rejects is shown again with its errors', async () => {
    const { solve } = house(versionOf([{ kind: 'page' }]), { ...script, 'page.respond': rejects() });

    expect((await solve({ word: 'x' })).told).toMatchObject({
      type: 'show',
      challenge: { again: true },
      errors: { word: [{ code: 'wrong' }] },
    });
  });

  it('from a foreign page is refused for a logged-in user, and asked of nobody', async () => {
    const { show, solve, plans, stages } = house(LOGIN, script);
    await show();
    plans.session = { id: 's', retired: false, user: { ...ALICE, is_superuser: false, debug: false } };

    await expect(solve({}, { answer: { body: {}, forged: 'CSRF Failed' } })).rejects.toMatchObject({
      code: 'csrf_failed',
    });
    expect(stages.hops).toEqual(['ident.challenge']);
  });
});

describe('two answers at once', () => {
  it('win once: the loser sees what the winner saw, and nothing happens twice', async () => {
    const { show, solve, plans } = house(LOGIN, script);
    await show();
    await solve({ uid: 'alice' });

    const answers = await Promise.all([solve({ password: 'hunter2' }), solve({ password: 'hunter2' })]);

    expect(answers.map(({ told }) => told)).toEqual([
      { type: 'done', to: '/' },
      { type: 'done', to: '/' },
    ]);
    expect(answers.filter(({ cookie }) => cookie)).toHaveLength(1);
    expect(plans.happened).toHaveLength(1);
  });

  it('teach the loser nothing of its own answer', async () => {
    const wrong = { ...script, 'secret.respond': rejects(['password']) };
    const { show, solve } = house(LOGIN, wrong);
    await show();
    await solve({ uid: 'alice' });

    const answers = await Promise.all([solve({ password: 'a' }), solve({ password: 'b' })]);

    const errors = answers.map(({ told }) => (told.type === 'show' ? told.errors : undefined));
    expect(errors.filter((e) => e === undefined)).toHaveLength(1);
  });
});

describe('a stage that fails', () => {
  it('keeps what the earlier ones of the same request achieved', async () => {
    const { solve, plans } = house(LOGIN, { ...script, 'secret.challenge': new Problem('stage_away') });

    expect((await solve({ uid: 'alice' })).told).toMatchObject({ type: 'problem', problem: { code: 'stage_away' } });
    expect(plans.plan).toMatchObject({ cursor: 1, context: { pending_user: ALICE } });
  });

  it('on the first turn changes nothing', async () => {
    const { solve, plans } = house(LOGIN, { ...script, 'ident.respond': new Problem('stage_timeout') });

    expect((await solve({ uid: 'alice' })).told).toMatchObject({ type: 'problem', problem: { code: 'stage_timeout' } });
    expect(plans.saves).toBe(0);
  });

  it('gets its attempts back when it never began, and keeps them when nobody knows', async () => {
    for (const [code, returned] of [
      ['stage_busy', 2],
      ['stage_away', 2],
      ['stage_timeout', 0],
      ['stage_fault', 0],
    ] as const) {
      const { solve, attempts } = house(versionOf([{ kind: 'secret' }]), { 'secret.respond': new Problem(code) });
      await solve({ password: 'x' });

      expect([attempts.taken.length, attempts.returned.length]).toEqual([2, returned]);
    }
  });

  it('cannot keep a request walking for ever', async () => {
    const many = versionOf(Array.from({ length: 40 }, () => ({ kind: 'login' })));
    const { show, stages } = house(many, { 'login.challenge': { type: 'passed' } });

    expect((await show()).told).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(stages.hops).toHaveLength(32);
  });
});

describe('a reply that asks for more than its contract allows', () => {
  const overreaching: Record<string, StageReply> = {
    'an effect': { type: 'passed', effects: [{ type: 'toast', level: 'info', message: 'hello' }] },
    'a context key': { type: 'passed', context: { redirect: 'https://evil.example' } },
    'a step': { type: 'passed', insert: { where: 'next', steps: [{ kind: 'login', config: {} }] } },
    'a login with a refusal': { ...rejects(), effects: login.type === 'passed' ? login.effects : [] } as StageReply,
  };

  it.each(Object.entries(overreaching))('(%s) is refused, reported, and saves nothing', async (_, reply) => {
    const { solve, plans, overreaches } = house(versionOf([{ kind: 'page' }]), { 'page.respond': reply });

    expect((await solve({ word: 'x' })).told).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(overreaches).toHaveLength(1);
    expect(plans.saves).toBe(0);
  });
});

describe('attempts', () => {
  it('are cleared by a right answer, stay for a wrong one, and cost nothing where nothing was judged', async () => {
    const settled = async (reply: StageReply) => {
      const { solve, plans } = house(versionOf([{ kind: 'secret' }, { kind: 'page' }]), {
        ...script,
        'secret.respond': reply,
      });
      const saved: { cleared: number; returned: number }[] = [];
      const save = plans.save.bind(plans);
      plans.save = (s) => {
        saved.push({ cleared: s.cleared.length, returned: s.returned.length });
        return save(s);
      };
      await solve({ password: 'x' });
      return saved[0];
    };

    expect(await settled({ type: 'passed', verified: ['password'] })).toEqual({ cleared: 1, returned: 1 });
    expect(await settled(rejects(['password']))).toBeUndefined();
    expect(await settled(asks())).toEqual({ cleared: 0, returned: 2 });
    expect(await settled(rejects())).toEqual({ cleared: 0, returned: 2 });
  });

  it('that are refused look like a wrong answer, and the stage never judges', async () => {
    const { solve, attempts, stages } = house(versionOf([{ kind: 'secret' }]), script);
    attempts.verdict = { taken: false, network: false, retryAfterS: 8 };

    expect((await solve({ password: 'hunter2' })).told).toMatchObject({
      type: 'show',
      errors: { password: [{ code: 'wrong' }] },
    });
    expect(stages.hops).toEqual(['secret.challenge']);
  });

  it('that a whole network used up are said to be, with the time to wait', async () => {
    const { solve, attempts } = house(versionOf([{ kind: 'secret' }]), script);
    attempts.verdict = { taken: false, network: true, retryAfterS: 8 };

    expect((await solve({ password: 'x' })).told).toMatchObject({
      type: 'problem',
      problem: { code: 'rate_limited', retryAfterS: 8 },
    });
  });
});

describe('a step with another inside', () => {
  const attached = { inner: { id: 'inner', name: 'pw', kind: 'secret', model: 'm', config: {} } };
  const flow = versionOf([{ kind: 'ident', config: { inner: 'inner' } }, { kind: 'page' }], attached);

  it('asks its host first, then the inner stage with the host’s context, and goes on when both pass', async () => {
    const { solve, stages } = house(flow, script);

    expect((await solve({ uid: 'alice', password: 'hunter2' })).told).toMatchObject({ challenge: { page: true } });
    expect(stages.hops).toEqual(['ident.respond', 'secret.respond', 'page.challenge']);
    expect(stages.requests[1]).toMatchObject({ context: { pending_user: ALICE }, response: { password: 'hunter2' } });
  });

  it('never tells the host what only the inner stage judges', async () => {
    const { solve, stages } = house(flow, script);
    await solve({ uid: 'alice', password: 'hunter2' });

    expect(JSON.stringify(stages.requests[0])).not.toContain('hunter2');
  });

  it.each([
    ['wrong', rejects(['password'])],
    ['over the stage’s own limit', { type: 'denied', failed: ['password'] } satisfies StageReply],
  ])('shows the host’s one error when the inner answer is %s', async (_, reply) => {
    const { solve, plans } = house(flow, { ...script, 'secret.respond': reply });

    expect((await solve({ uid: 'alice', password: 'x' })).told).toMatchObject({
      challenge: { who: true },
      errors: { non_field_errors: [{ code: 'wrong' }] },
    });
    expect(plans.plan?.context.pending_user).toEqual(ALICE);
  });

  it('judges a missing inner answer as null, so that known and unknown users take the same hops', async () => {
    const { solve, stages } = house(flow, { ...script, 'secret.respond': rejects() });
    await solve({ uid: 'alice' });

    expect(stages.requests[1]?.response).toEqual({ password: null });
  });
});

describe('a plan', () => {
  it('is denied without a hop when a fact that the stage needs is missing', async () => {
    const { show, stages } = house(versionOf([{ kind: 'needy' }]), {});

    expect((await show()).told).toEqual({ type: 'denied', message: { text: 'Unknown error' } });
    expect(stages.hops).toEqual([]);
  });

  it('starts over when its binding says so, and is denied when it does so for ever', async () => {
    const flow = versionOf([{ kind: 'login', onRefusal: 'restart' }]);
    const { show, stages } = house(flow, { 'login.challenge': { type: 'denied' } });

    expect((await show()).told).toMatchObject({ type: 'denied' });
    expect(stages.hops).toHaveLength(9);
  });

  it('takes nothing from the body or the query into a restart with context', async () => {
    const flow = versionOf([{ kind: 'ident' }, { kind: 'page', onRefusal: 'restart_with_context' }]);
    const { solve, plans } = house(flow, { ...script, 'page.respond': rejects() });
    await solve({ uid: 'alice' });
    await solve({ word: 'x', pending_user: { kind: 'saved' }, redirect: '//evil' }, { query: { redirect: '//evil' } });

    expect(plans.plan).toMatchObject({ cursor: 0, restarts: 1, context: { pending_user: ALICE } });
    expect(plans.plan?.context).toEqual({ pending_user: ALICE });
  });

  it('ends when its user is gone or disabled', async () => {
    const { solve, plans, stages } = house(LOGIN, script);
    await solve({ uid: 'alice' });
    plans.orphaned = true;
    const hops = stages.hops.length;

    expect((await solve({ password: 'hunter2' })).told).toMatchObject({ type: 'denied' });
    expect(stages.hops).toHaveLength(hops);
    expect(plans.plan?.ended).toBeDefined();
  });

  it('keeps the destination last asked for, and leads nowhere else', async () => {
    const { show, solve } = house(versionOf([{ kind: 'page' }]), script);
    await show({ query: { next: '/early' } });
    expect((await solve({}, { query: { next: '' } })).told).toEqual({ type: 'done', to: '/early' });

    const evil = house(versionOf([{ kind: 'page' }]), script);
    expect((await evil.solve({}, { query: { next: '//evil.example' } })).told).toEqual({
      type: 'denied',
      message: { text: 'Invalid next URL' },
    });
  });

  it('is made anew when the query brings another invitation', async () => {
    const { show, plans } = house(LOGIN, script);
    await show({ query: { itoken: 'a' } });
    const first = plans.plan?.id;
    await show({});
    expect(plans.plan?.id).toBe(first);
    await show({ query: { itoken: 'b' } });

    expect(plans.plan?.id).not.toBe(first);
  });

  it('shows a key that a login has replaced how it ended, and gives it no cookie', async () => {
    const { solve, plans } = house(LOGIN, script);
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });
    plans.session = { id: 's', retired: true, user: undefined };

    const answer = await solve({ password: 'hunter2' });
    expect(answer.told).toEqual({ type: 'done', to: '/' });
    expect(answer.cookie).toBeUndefined();
  });

  it('shows such a key nothing of a plan that still runs', async () => {
    const { solve, plans } = house(LOGIN, script);
    await solve({ uid: 'alice' });
    plans.session = { id: 's', retired: true, user: undefined };

    const answer = await solve({ password: 'hunter2' });
    expect(answer.told).toEqual({ type: 'done', to: '/if/flow/login/' });
    expect(answer.context).toEqual({});
  });
});

describe('a flow', () => {
  it('that does not exist is not found', async () => {
    await expect(house(LOGIN, script).show({ slug: 'nowhere' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('without steps is done at once, and leaves no session behind', async () => {
    const { show, plans } = house(versionOf([]), {});

    expect((await show()).told).toEqual({ type: 'done', to: '/' });
    expect(plans.saves).toBe(0);
  });

  it.each([
    ['message_continue', { type: 'denied', message: { text: 'Flow does not apply to current user.' } }],
    ['message', { type: 'denied', message: { text: 'Flow does not apply to current user.' } }],
    ['continue', { type: 'done', to: '/next' }],
  ] as const)('that does not admit the visitor answers as its denied_action says: %s', async (denied_action, told) => {
    const version = versionOf([{ kind: 'page' }]);
    const closed = {
      ...version,
      flow: { ...version.flow, denied_action, authentication: 'require_authenticated' as const },
    };
    const { show, stages } = house(closed, script);

    expect((await show({ query: { next: '/next' } })).told).toEqual(told);
    expect(stages.hops).toEqual([]);
  });
});
