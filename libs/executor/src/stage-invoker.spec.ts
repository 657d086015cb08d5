import { type StageReply } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply, DEFAULT_REPLIES, LOGIN_REPLY, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

describe('a reply that violates the stage’s contract', () => {
  const violatingReplies: Record<string, StageReply> = {
    'an effect': { type: 'passed', effects: [{ type: 'toast', level: 'info', message: 'hello' }] },
    'a context key': { type: 'passed', context: { redirect: 'https://evil.example' } },
    'a step': { type: 'passed', insert: { where: 'next', steps: [{ kind: 'login', config: {} }] } },
    'a login of another user': LOGIN_REPLY,
    'an error code without a text': { type: 'denied', message: { code: 'unheard_of' } },
    'a login with a refusal': {
      ...rejectedReply(),
      effects: LOGIN_REPLY.type === 'passed' ? LOGIN_REPLY.effects : [],
    } as StageReply,
  };

  it.each(Object.entries(violatingReplies))(
    'with %s is refused and reported, and nothing is saved',
    async (_, reply) => {
      const { solve, plans, violations } = executorHarness(flowOf([{ kind: 'page' }]), { 'page.respond': reply });

      expect((await solve({ word: 'x' })).result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
      expect(violations).toHaveLength(1);
      expect(plans.saves).toBe(0);
    },
  );
});

describe('a reply with other properties of the pending user', () => {
  it('changes only `backend`, and no property from the directory', async () => {
    const pending_user = { ...ALICE, username: 'root', email: 'mallory@example.org', backend: 'b' };
    const { solve, plans } = executorHarness(flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'page' }]), {
      ...DEFAULT_REPLIES,
      'secret.respond': { type: 'passed', context: { pending_user } },
    });
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });

    expect(plans.plan?.context.pending_user).toEqual({ ...ALICE, backend: 'b' });
  });
});

describe('a composite step', () => {
  const attached = { inner: { id: 'inner', name: 'pw', kind: 'secret', model: 'm', config: {} } };
  const flow = flowOf([{ kind: 'ident', config: { inner: 'inner' } }, { kind: 'page' }], attached);

  it('is judged by its host, then by the embedded stage with the host’s facts, and passes if both do', async () => {
    const { solve, stages } = executorHarness(flow, DEFAULT_REPLIES);

    expect((await solve({ uid: 'alice', password: 'hunter2' })).result).toMatchObject({ challenge: { page: true } });
    expect(stages.hops).toEqual(['ident.respond', 'secret.respond', 'page.challenge']);
    expect(stages.requests[1]).toMatchObject({ context: { pending_user: ALICE }, response: { password: 'hunter2' } });
  });

  it.each(['hunter2', 918273])('never sends the host the field of the embedded stage: %j', async (password) => {
    const { solve, stages } = executorHarness(flow, DEFAULT_REPLIES);
    await solve({ uid: 'alice', password });

    expect(JSON.stringify(stages.requests[0])).not.toContain(String(password));
    expect(stages.requests[1]?.response).toEqual({ password });
  });

  it.each([
    ['wrong', rejectedReply(['password'])],
    ['over the stage’s own limit', { type: 'denied', failed: ['password'] } satisfies StageReply],
  ])('shows the same error of the host if the embedded stage says %s', async (_, reply) => {
    const { solve, plans } = executorHarness(flow, { ...DEFAULT_REPLIES, 'secret.respond': reply });

    expect((await solve({ uid: 'alice', password: 'x' })).result).toMatchObject({
      challenge: { who: true },
      errors: { non_field_errors: [{ code: 'wrong' }] },
    });
    expect(plans.plan?.context).toEqual({});
  });

  it('is the stage in a login_failed event of its embedded stage, because the visitor has answered its form', async () => {
    const stage = { app: 'authentik_stages_secret', model_name: 'secretstage', name: 'pw' };
    const failed = { type: 'event', action: 'login_failed', context: { username: 'alice', stage } } as const;
    const { solve, plans } = executorHarness(flow, {
      ...DEFAULT_REPLIES,
      'secret.respond': { ...rejectedReply(['password']), effects: [failed] } as StageReply,
    });
    await solve({ uid: 'alice', password: 'x' });

    const host = { app: 'test', model_name: 'ident', name: flow.steps[0]!.stage.name };
    const context = { username: 'alice', stage: host };
    expect(plans.savedEffects).toContainEqual(expect.objectContaining({ action: 'login_failed', context }));
  });

  it('fails with stage_fault, without a request to a stage, if the version lacks the embedded stage', async () => {
    const { solve, stages } = executorHarness(flowOf([{ kind: 'ident', config: { inner: 'gone' } }]), DEFAULT_REPLIES);

    expect((await solve({ uid: 'alice' })).result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(stages.hops).toEqual([]);
  });

  it('sends the embedded stage null for a missing field, so that each answer costs as many requests', async () => {
    const { solve, stages } = executorHarness(flow, { ...DEFAULT_REPLIES, 'secret.respond': rejectedReply() });
    await solve({ uid: 'alice' });

    expect(stages.requests[1]?.response).toEqual({ password: null });
  });
});

describe('a right answer in a composite step that is refused', () => {
  const inside = (id: string, kind: string) => ({ id, name: id, kind, model: 'm', config: {} });
  const attached = { a: inside('a', 'secret'), b: inside('b', 'page') };
  const flow = flowOf([{ kind: 'lobby', config: { first: 'a', last: 'b' } }], attached);

  it.each([
    ['host', { 'lobby.respond': rejectedReply() }],
    ['other embedded stage', { 'lobby.respond': { type: 'passed' }, 'page.respond': rejectedReply() }],
  ] as const)('by the %s neither resets failures nor counts as one', async (_who, refusal) => {
    const { solve, plans } = executorHarness(flow, {
      ...DEFAULT_REPLIES,
      'lobby.challenge': challengeReply(),
      ...refusal,
    });
    const settled: string[] = [];
    const save = plans.save.bind(plans);
    plans.save = (s) => {
      settled.push(...s.reset.map(({ credential }) => `${credential} cleared`));
      settled.push(...s.released.map(({ credential }) => `${credential} released`));
      return save(s);
    };
    await solve({});
    await solve({ pin: 'right', word: 'x' });

    expect(settled.toSorted()).toEqual(['network released', 'password released']);
  });
});

describe('the secrets of an embedded stage', () => {
  const inner = { id: 'inner', name: 'pw', kind: 'secret', model: 'm', config: { open: 1 } };
  const attached = { inner: { ...inner, secrets: { key: 'hush' } } };
  const flow = flowOf([{ kind: 'ident', config: { inner: 'inner' } }, { kind: 'page' }], attached);

  it('are sent only to the embedded stage', async () => {
    const { solve, stages } = executorHarness(flow, DEFAULT_REPLIES);
    await solve({ uid: 'alice', password: 'right' });

    const requests = stages.requests.map(({ config, attached }) => ({ config, attached }));
    expect(requests).toContainEqual({ config: { open: 1, key: 'hush' }, attached: {} });
    expect(requests).toContainEqual({ config: { inner: 'inner' }, attached: { inner } });
    expect(JSON.stringify(requests).split('hush')).toHaveLength(2);
  });
});

describe('a composite step with an embedded challenge', () => {
  const attached = { inner: { id: 'inner', name: 'puzzle', kind: 'puzzle', model: 'm', config: {} } };
  const flow = flowOf([{ kind: 'hall', config: { inner: 'inner' } }, { kind: 'page' }], attached);
  const script = {
    ...DEFAULT_REPLIES,
    'hall.challenge': challengeReply({ who: true }),
    'hall.respond': { type: 'passed', context: { pending_user: ALICE } },
    'puzzle.challenge': { type: 'challenge', challenge: { word: 'xyz' }, state: { drawn: 'xyz' } },
    'puzzle.respond': { type: 'passed' },
  } satisfies Record<string, StageReply>;
  const puzzle = { word: 'xyz', component: 'ak-stage-puzzle' };

  it('shows both challenges, and stores the embedded stage’s state', async () => {
    const { show, solve, stages } = executorHarness(flow, script);

    expect((await show()).result).toMatchObject({ challenge: { who: true, puzzle } });
    expect((await solve({ uid: 'alice', token: 'right' })).result).toMatchObject({ challenge: { page: true } });
    expect(stages.requests.at(-3)).toMatchObject({ state: { drawn: 'xyz' }, response: { token: 'right' } });
  });

  it('is judged by the embedded stage first, and by the host only if the embedded stage passes', async () => {
    const { solve, stages } = executorHarness(flow, { ...script, 'puzzle.respond': rejectedReply() });

    await solve({ uid: 'alice', token: 'wrong' });
    expect(stages.hops).not.toContain('hall.respond');
    const passing = executorHarness(flow, script);
    await passing.solve({ uid: 'alice', token: 'right' });
    expect(passing.stages.hops.filter((what) => what.endsWith('respond'))).toEqual(['puzzle.respond', 'hall.respond']);
  });

  it('removes the embedded stage’s state once its challenge is solved, even if the host refuses', async () => {
    const { solve, show, stages } = executorHarness(flow, { ...script, 'hall.respond': rejectedReply() });
    await show();
    await solve({ uid: 'alice', token: 'right' });

    expect(stages.hops.at(-1)).toBe('puzzle.challenge');
    expect(stages.requests.at(-1)).not.toHaveProperty('state');
  });

  it.each([
    ['host', { 'hall.respond': rejectedReply() }],
    ['embedded stage', { 'puzzle.respond': rejectedReply() }],
  ])('shows both challenges again if the %s refuses', async (_who, refusal) => {
    const { solve } = executorHarness(flow, { ...script, ...refusal });

    expect((await solve({ uid: 'alice', token: 'wrong' })).result).toMatchObject({
      type: 'show',
      challenge: { puzzle },
      errors: expect.anything(),
    });
  });

  it('shows null for an embedded stage without a challenge, and denies if the embedded stage denies', async () => {
    const silent = executorHarness(flow, { ...script, 'puzzle.challenge': { type: 'passed' } });
    expect((await silent.show()).result).toMatchObject({ challenge: { puzzle: null } });
    const closed = executorHarness(flow, { ...script, 'puzzle.challenge': { type: 'denied' } });
    expect((await closed.show()).result).toMatchObject({ type: 'denied' });
  });
});
