import { Problem, valueIn } from '@gatehouse/contracts';
import { createPlan, type Plan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply, DEFAULT_REPLIES, LOGIN_REPLY, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import { hashToken } from './resume-links.js';

const TOKEN = 'the-token-of-a-mail';
const HASH = hashToken(TOKEN).toString('hex');
const byLink = { query: { flow_token: TOKEN } };
const QUESTION = {
  type: 'show',
  contract: { component: 'ak-stage-consent', user_info: true },
  challenge: {
    header_text: 'Continue to confirm this email address.',
    ...{
      permissions: [],
      additional_permissions: [],
      confirms: 'email',
      token: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    },
  },
};
const CODE = '123456';

const script = {
  ...DEFAULT_REPLIES,
  'puzzle.challenge': challengeReply({ puzzle: true }),
  'login.challenge': LOGIN_REPLY,
  'verifier.challenge': ({ step }) => (step.confirmed ? { type: 'passed' } : challengeReply({ waiting: true })),
  'verifier.respond': ({ response }) =>
    response?.['code'] === CODE
      ? { type: 'passed', verified: ['mailed_code'], effects: [{ type: 'link_used' }] }
      : rejectedReply(['mailed_code']),
} satisfies Parameters<typeof executorHarness>[1];

type OnRefusal = 'retry' | 'restart' | 'restart_with_context';

/** Returns a harness with a mailed link to the second step of a flow whose first step alice has passed. */
function mailed(second: string, more: Partial<Plan> = {}, onRefusal: OnRefusal = 'retry') {
  const version = flowOf([
    { kind: 'ident' },
    { kind: second, onRefusal },
    ...(second === 'login' ? [] : [{ kind: 'login' }]),
  ]);
  const trail = [{ step: 'ident-0', outcome: 'passed', at: '', ms: 0 }];
  const context = { pending_user: ALICE };
  const plan = { ...createPlan(version, 'from-mail'), cursor: 1, trail, context, ...more };
  const it = executorHarness(version, script);
  it.plans.resumedPlans.set(HASH, { plan, versionId: 'v1', orphaned: false, step: `${second}-1` });
  const token = () => it.plans.plan?.resumed?.consent;
  return { ...it, token, isLive: () => it.plans.resumedPlans.has(HASH) };
}

describe('a mailed link that was opened', () => {
  it.each(['login', 'puzzle', 'verifier'])(
    'asks for a confirmation before a step %s, and has no effect before it, however often it is opened',
    async (kind) => {
      const { show, plans, stages, isLive } = mailed(kind);

      for (let i = 0; i < 10; i++) expect((await show(byLink)).result).toMatchObject(QUESTION);
      expect([stages.hops, plans.savedEffects, plans.revision, isLive()]).toEqual([[], [], 0, true]);
    },
  );

  it('asks authentik clients with a challenge that lacks the field `confirms` of Gatehouse', async () => {
    const { result } = await mailed('login').show(byLink);
    if (result.type !== 'show') throw new Error(result.type);
    const { contract, challenge } = result;

    for (const view of ['2024.8', '2026.8'] as const)
      expect(Object.keys(valueIn(view, contract.challenge!, challenge))).not.toContain('confirms');
    expect(valueIn('complete', contract.challenge!, challenge)).toEqual(challenge);
  });

  it('counts for the rate limit of new sessions before it has an effect', async () => {
    const { show, solve, plans, stages, isLive } = mailed('verifier');
    let admitted = 0;
    const checkNewSessionRate = () => {
      if (++admitted > 1) throw new Problem('rate_limited');
    };
    const anonymous = { id: 's', retired: false, remainingS: undefined, user: undefined };

    for (const [session, count] of [
      [{ ...anonymous, user: { ...ALICE, is_superuser: false, debug: false } }, 0],
      [anonymous, 1],
    ] as const) {
      Object.assign(plans, { plan: undefined, session });
      for (let i = 0; i < 2; i++) await show({ ...byLink, checkNewSessionRate });
      expect(admitted).toBe(count);
    }
    Object.assign(plans, { plan: undefined, saves: 0 });
    for (const open of [show, (more: object) => solve({ code: CODE }, more)])
      await expect(open({ ...byLink, checkNewSessionRate })).rejects.toMatchObject({ code: 'rate_limited' });
    expect([plans.saves, stages.hops, isLive()]).toEqual([0, [], true]);
  });

  it.each([
    ...[undefined, null, [[]], {}, { token: '' }, { token: 7 }, { token: TOKEN }, { token: HASH }, { code: CODE }],
    ...[{ component: 'ak-stage-consent' }, { component: 'ak-stage-email', confirm: true }],
  ])('has no effect after the answer %j, which lacks the token of the confirmation', async (body) => {
    const { show, solve, token, stages, isLive } = mailed('login');
    const errors = { token: [{ code: 'question_token' }] };

    expect((await solve(body, byLink)).result).toMatchObject({ ...QUESTION, errors });
    await show(byLink);
    const asked = token();
    expect((await solve(body, byLink)).result).toMatchObject({ ...QUESTION, errors });
    expect([token(), stages.hops, isLive()]).toEqual([asked, [], true]);
  });

  it('asks again without an error after an answer from a page that shows an older challenge', async () => {
    const { solve, isLive } = mailed('login');

    expect((await solve({ component: 'ak-stage-ident', uid: 'x' }, byLink)).result).toMatchObject({
      ...QUESTION,
      errors: undefined,
    });
    expect(isLive()).toBe(true);
  });

  it('is used up by an answer with the token, before a stage gets a request', async () => {
    const { show, solve, token, stages, isLive } = mailed('verifier');
    await show(byLink);
    expect((await solve({ component: 'ak-stage-consent', token: token() }, byLink)).result).toMatchObject({
      type: 'done',
    });

    expect(stages.requests.map(({ step }) => step.confirmed)).toEqual([true, true]);
    expect([stages.hops, isLive()]).toEqual([['verifier.challenge', 'login.challenge'], false]);
  });

  it('asks for a confirmation also in a plan that the previous version of Gatehouse stored', async () => {
    const { show, solve, token, plans, stages } = mailed('puzzle');
    await show(byLink);
    // Stores the plan as the previous version of Gatehouse does: its step is already shown, and it has no token for the
    // question whether to continue.
    const { resumed, ...plan } = plans.plan!;
    const shown = { step: 'puzzle-1', challenge: { puzzle: true } };
    plans.plan = { ...plan, shown, resumed: { token: resumed!.token, confirmed: false } };

    expect((await solve({ component: 'ak-stage-email' }, byLink)).result).toMatchObject(QUESTION);
    expect((await show(byLink)).result).toMatchObject(QUESTION);
    expect((await solve({ token: token() }, byLink)).result).toMatchObject({ challenge: { puzzle: true } });
    expect(stages.hops).toEqual(['puzzle.challenge']);
  });

  it('asks a request that lost the race for a confirmation, or denies it if the link is used up', async () => {
    const { show, solve, token, plans } = mailed('verifier');
    await show(byLink);
    const save = plans.save.bind(plans);
    plans.save = async () => false;
    expect((await solve({ token: token() }, byLink)).result).toMatchObject(QUESTION);
    plans.save = async (commit) => {
      plans.resumedPlans.clear();
      return save(commit);
    };
    expect((await solve({ token: token() }, byLink)).result).toEqual({
      type: 'denied',
      message: { text: 'Link was already used, please request a new link.', wire: 'link-used' },
    });
  });
});

describe('the mailed code, after the link of the same mail was opened in the same browser', () => {
  it('passes without a confirmation and uses the link up', async () => {
    const { show, solve, plans, isLive } = mailed('verifier');
    await show(byLink);

    expect((await solve({ component: 'ak-stage-verifier', code: CODE })).result).toMatchObject({ type: 'done' });
    expect(plans.savedEffects).toMatchObject([{ type: 'link_used' }, { type: 'login' }]);
    expect(isLive()).toBe(false);
  });

  it('counts as an attempt and does not use the link up if it is wrong', async () => {
    const { show, solve, token, attempts, stages, isLive } = mailed('verifier');
    await show(byLink);

    for (const code of ['1', '2'])
      expect((await solve({ code }, byLink)).result).toMatchObject({ errors: { word: [{ code: 'wrong' }] } });
    expect(attempts.reserved.map(({ credential }) => credential)).toContain('mailed_code');
    expect([attempts.released, isLive()]).toEqual([[], true]);
    expect((await show(byLink)).result).toMatchObject(QUESTION);
    // Confirming the link drops the challenge that the plan kept after the wrong code, so the stage makes a new one.
    expect((await solve({ token: token() }, byLink)).result).toMatchObject({ type: 'done' });
    expect(stages.hops.slice(-2)).toEqual(['verifier.challenge', 'login.challenge']);
  });

  it.each(['restart', 'restart_with_context'] as const)(
    'does not use the link up if it is wrong, also if the step then makes the plan %s',
    async (action) => {
      const { show, solve, token, plans, isLive } = mailed('verifier', {}, action);
      await show(byLink);

      expect((await solve({ code: '1' }, byLink)).result).toMatchObject({ challenge: { who: true } });
      expect([plans.plan?.resumed, plans.plan?.context.is_restored, isLive()]).toEqual([undefined, undefined, true]);
      expect((await show()).result).toMatchObject({ challenge: { who: true } });
      expect((await show(byLink)).result).toMatchObject(QUESTION);
      expect((await solve({ token: token() }, byLink)).result).toMatchObject({ type: 'done' });
    },
  );

  it('is denied once the link was used up', async () => {
    const { show, solve, plans, stages } = mailed('verifier');
    await show(byLink);
    plans.resumedPlans.clear();

    expect((await solve({ code: CODE })).result).toMatchObject({ type: 'denied' });
    expect(stages.hops).toEqual([]);
  });
});
