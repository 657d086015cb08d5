import { type StageReply } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { userSubject } from './attempts.js';
import type { Identity } from './plans.js';
import { ALICE, asks, house, LOGS_IN, rejects, SCRIPT, versionOf } from './testing.js';

describe('a reply that asks for more than its contract allows', () => {
  const overreaching: Record<string, StageReply> = {
    'an effect': { type: 'passed', effects: [{ type: 'toast', level: 'info', message: 'hello' }] },
    'a context key': { type: 'passed', context: { redirect: 'https://evil.example' } },
    'a step': { type: 'passed', insert: { where: 'next', steps: [{ kind: 'login', config: {} }] } },
    'a login of somebody else': LOGS_IN,
    'a word that nobody has a sentence for': { type: 'denied', message: { code: 'unheard_of' } },
    'a login with a refusal': { ...rejects(), effects: LOGS_IN.type === 'passed' ? LOGS_IN.effects : [] } as StageReply,
  };

  it.each(Object.entries(overreaching))('(%s) is refused, reported, and saves nothing', async (_, reply) => {
    const { solve, plans, overreaches } = house(versionOf([{ kind: 'page' }]), { 'page.respond': reply });

    expect((await solve({ word: 'x' })).told).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(overreaches).toHaveLength(1);
    expect(plans.saves).toBe(0);
  });
});

describe('attempts', () => {
  it('are cleared by a right answer, stay for a wrong one, and go back where nothing was judged', async () => {
    const settled = async (reply: StageReply) => {
      const { solve, plans, attempts } = house(versionOf([{ kind: 'secret' }, { kind: 'page' }]), {
        ...SCRIPT,
        'secret.respond': reply,
      });
      let cleared = 0;
      const save = plans.save.bind(plans);
      plans.save = (s) => {
        cleared += s.cleared.length;
        attempts.returned.push(...s.returned);
        return save(s);
      };
      await solve({ password: 'x' });
      return { cleared, returned: attempts.returned.length };
    };

    expect(await settled({ type: 'passed', verified: ['password'] })).toEqual({ cleared: 1, returned: 1 });
    expect(await settled(rejects(['password']))).toEqual({ cleared: 0, returned: 0 });
    expect(await settled(asks())).toEqual({ cleared: 0, returned: 2 });
    expect(await settled(rejects())).toEqual({ cleared: 0, returned: 2 });
  });

  it('are forgotten by no stage that has not judged them, unless it makes that credential anew', async () => {
    const forgotten = async (kind: string) => {
      const passes: StageReply = { type: 'passed', verified: ['password', 'other'], context: { pending_user: ALICE } };
      const script = { ...SCRIPT, [`${kind}.challenge`]: passes };
      const { show, plans } = house(versionOf([{ kind }, { kind: 'page' }]), script);
      const cleared: string[] = [];
      const save = plans.save.bind(plans);
      plans.save = (s) => {
        cleared.push(...s.cleared.map(({ credential }) => credential));
        return save(s);
      };
      await show();
      return cleared;
    };
    expect(await forgotten('scribe')).toEqual(['password']);
    expect(await forgotten('secret')).toEqual([]);
  });

  it('that are refused look like a wrong answer, and the stage never hears what was guessed', async () => {
    const { solve, attempts, stages, plans } = house(versionOf([{ kind: 'secret' }]), {
      ...SCRIPT,
      'secret.respond': { type: 'rejected', errors: {}, challenge: {}, state: { failures: 1 } },
    });
    attempts.verdict = { taken: false, network: false, retryAfterS: 8 };

    expect((await solve({ password: 'hunter2' })).told).toMatchObject({
      type: 'show',
      errors: { password: [{ code: 'wrong' }] },
    });
    expect(stages.requests.map(({ response }) => response)).toEqual([{}]);
    expect(plans.plan?.states).toMatchObject({ 'secret-0': { state: { failures: 1 } } });
  });

  it('that are refused end a flow just when wrong answers do, and never pass a step', async () => {
    for (const reply of [{ type: 'denied' }, { type: 'passed' }] as const) {
      const { solve, attempts } = house(versionOf([{ kind: 'secret' }]), { ...SCRIPT, 'secret.respond': reply });
      attempts.verdict = { taken: false, network: false, retryAfterS: 8 };

      expect((await solve({ password: 'hunter2' })).told).toMatchObject({ type: 'denied' });
    }
  });

  it('that are refused take as long as a wrong answer did', async () => {
    const took = (ms: number): StageReply => {
      stages.clock.ms += ms;
      return rejects(['password']);
    };
    const judging = [12, 2];
    const { solve, attempts, stages } = house(versionOf([{ kind: 'secret' }]), {
      ...SCRIPT,
      'secret.respond': () => took(judging.shift()!),
    });
    await solve({ password: 'wrong' });
    attempts.verdict = { taken: false, network: false, retryAfterS: 8 };
    await solve({ password: 'wrong' });

    expect(stages.clock.waits).toEqual([10]);
  });

  it('of a choice are spent once something was offered, and no guess is judged before', async () => {
    const { solve, attempts, stages } = house(versionOf([{ kind: 'choice' }]), {
      'choice.challenge': asks({ offers: [{ sort: 'totp', uid: '1' }] }),
      'choice.respond': rejects(['totp:1']),
    });
    expect((await solve({ code: '123456' })).told).toMatchObject({ type: 'show', errors: undefined });
    expect(stages.hops).toEqual(['choice.challenge']);

    await solve({ code: '123456' });
    expect(attempts.taken.map(({ credential }) => credential)).toEqual(['totp:1', 'network']);
  });

  it('are of whoever is logged in, from wherever they come, where the flow names nobody (D3 22)', async () => {
    const takenOf = async (user: Identity | undefined, ip: string) => {
      const { show, solve, attempts, plans } = house(versionOf([{ kind: 'choice' }]), {
        'choice.challenge': asks({ offers: [{ sort: 'totp', uid: '1' }] }),
        'choice.respond': rejects(['totp:1']),
      });
      plans.session = { id: 's', retired: false, leftS: undefined, user };
      await show();
      await solve({ code: '123456' }, { client: { ip, user_agent: 'x', outpost: false, cookies: {} } });
      return attempts.taken[0]?.subject.toString('hex');
    };
    const alice = { ...ALICE, is_superuser: false, debug: false };
    const subject = await takenOf(alice, '203.0.113.7');
    expect(subject).toBe(userSubject(Buffer.alloc(32), ALICE.uuid).toString('hex'));
    expect(await takenOf(alice, '198.51.100.1')).toBe(subject);
    expect(await takenOf(undefined, '203.0.113.7')).not.toBe(subject);
  });

  it('that are refused take the choice with the guess, and are told where the guess was given', async () => {
    const { show, solve, attempts, stages } = house(versionOf([{ kind: 'choice' }]), {
      'choice.challenge': asks({ offers: [{ sort: 'totp', uid: '1' }] }),
      'choice.respond': rejects(),
    });
    await show();
    attempts.verdict = { taken: false, network: false, retryAfterS: 8 };
    const { told } = await solve({ touch: 'x', chosen: { sort: 'totp', uid: '1' } });
    expect(told).toMatchObject({ type: 'show', errors: { touch: [{ code: 'wrong' }] } });
    expect(told).not.toHaveProperty('errors.password');
    expect(stages.requests.at(-1)?.response).toEqual({});
  });

  it('that a whole network used up are said to be, with the time to wait', async () => {
    const { solve, attempts } = house(versionOf([{ kind: 'secret' }]), SCRIPT);
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
    const { solve, stages } = house(flow, SCRIPT);

    expect((await solve({ uid: 'alice', password: 'hunter2' })).told).toMatchObject({ challenge: { page: true } });
    expect(stages.hops).toEqual(['ident.respond', 'secret.respond', 'page.challenge']);
    expect(stages.requests[1]).toMatchObject({ context: { pending_user: ALICE }, response: { password: 'hunter2' } });
  });

  it('never tells the host what only the inner stage judges', async () => {
    const { solve, stages } = house(flow, SCRIPT);
    await solve({ uid: 'alice', password: 'hunter2' });

    expect(JSON.stringify(stages.requests[0])).not.toContain('hunter2');
  });

  it.each([
    ['wrong', rejects(['password'])],
    ['over the stage’s own limit', { type: 'denied', failed: ['password'] } satisfies StageReply],
  ])('shows the host’s one error when the inner answer is %s', async (_, reply) => {
    const { solve, plans } = house(flow, { ...SCRIPT, 'secret.respond': reply });

    expect((await solve({ uid: 'alice', password: 'x' })).told).toMatchObject({
      challenge: { who: true },
      errors: { non_field_errors: [{ code: 'wrong' }] },
    });
    expect(plans.plan?.context.pending_user).toEqual(ALICE);
  });

  it('judges a missing inner answer as null, so that known and unknown users take the same hops', async () => {
    const { solve, stages } = house(flow, { ...SCRIPT, 'secret.respond': rejects() });
    await solve({ uid: 'alice' });

    expect(stages.requests[1]?.response).toEqual({ password: null });
  });
});

describe('the secrets of a step inside another', () => {
  const inner = { id: 'inner', name: 'pw', kind: 'secret', model: 'm', config: { open: 1 } };
  const attached = { inner: { ...inner, secrets: { key: 'hush' } } };
  const flow = versionOf([{ kind: 'ident', config: { inner: 'inner' } }, { kind: 'page' }], attached);

  it('are told to it and to nobody else', async () => {
    const { solve, stages } = house(flow, SCRIPT);
    await solve({ uid: 'alice', password: 'right' });

    const told = stages.requests.map(({ config, attached: seen }) => ({ config, seen }));
    expect(told).toContainEqual({ config: { open: 1, key: 'hush' }, seen: {} });
    expect(told).toContainEqual({ config: { inner: 'inner' }, seen: { inner } });
    expect(JSON.stringify(told).split('hush')).toHaveLength(2);
  });
});

describe('a step that shows the challenge of another inside', () => {
  const attached = { inner: { id: 'inner', name: 'puzzle', kind: 'puzzle', model: 'm', config: {} } };
  const flow = versionOf([{ kind: 'hall', config: { inner: 'inner' } }, { kind: 'page' }], attached);
  const script = {
    ...SCRIPT,
    'hall.challenge': asks({ who: true }),
    'hall.respond': { type: 'passed', context: { pending_user: ALICE } },
    'puzzle.challenge': { type: 'challenge', challenge: { word: 'xyz' }, state: { drawn: 'xyz' } },
    'puzzle.respond': { type: 'passed' },
  } satisfies Record<string, StageReply>;
  const puzzle = { word: 'xyz', component: 'ak-stage-puzzle' };

  it('shows both, and lets the inner stage remember', async () => {
    const { show, solve, stages } = house(flow, script);

    expect((await show()).told).toMatchObject({ challenge: { who: true, puzzle } });
    expect((await solve({ uid: 'alice', token: 'right' })).told).toMatchObject({ challenge: { page: true } });
    expect(stages.requests.at(-3)).toMatchObject({ state: { drawn: 'xyz' }, response: { token: 'right' } });
  });

  it('judges the inner stage first, and asks its host nothing when that refuses', async () => {
    const { solve, stages } = house(flow, { ...script, 'puzzle.respond': rejects() });

    await solve({ uid: 'alice', token: 'wrong' });
    expect(stages.hops).not.toContain('hall.respond');
    const passing = house(flow, script);
    await passing.solve({ uid: 'alice', token: 'right' });
    expect(passing.stages.hops.filter((what) => what.endsWith('respond'))).toEqual(['puzzle.respond', 'hall.respond']);
  });

  it('has the inner stage forget what it asked once that is answered, though its host asks again', async () => {
    const { solve, show, stages } = house(flow, { ...script, 'hall.respond': rejects() });
    await show();
    await solve({ uid: 'alice', token: 'right' });

    expect(stages.hops.at(-1)).toBe('puzzle.challenge');
    expect(stages.requests.at(-1)).not.toHaveProperty('state');
  });

  it.each([
    ['host', { 'hall.respond': rejects() }],
    ['inner stage', { 'puzzle.respond': rejects() }],
  ])('shows both again when the %s refuses', async (_who, refusal) => {
    const { solve } = house(flow, { ...script, ...refusal });

    expect((await solve({ uid: 'alice', token: 'wrong' })).told).toMatchObject({
      type: 'show',
      challenge: { puzzle },
      errors: expect.anything(),
    });
  });

  it('shows null where the inner stage has nothing to ask, and nobody past one that denies', async () => {
    const silent = house(flow, { ...script, 'puzzle.challenge': { type: 'passed' } });
    expect((await silent.show()).told).toMatchObject({ challenge: { puzzle: null } });
    const closed = house(flow, { ...script, 'puzzle.challenge': { type: 'denied' } });
    expect((await closed.show()).told).toMatchObject({ type: 'denied' });
  });
});
