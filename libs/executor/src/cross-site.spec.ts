import { createPlan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply, DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import { hashToken } from './resume-links.js';

const BEGUN = { crossSite: 'new' } as const;
const ANY = { crossSite: 'any' } as const;
const QUESTION = { type: 'show', contract: { component: 'ak-stage-consent' }, challenge: { permissions: [] } };
const script = {
  ...DEFAULT_REPLIES,
  'puzzle.challenge': challengeReply({ puzzle: true }),
  'puzzle.respond': { type: 'passed' },
  'robot.challenge': challengeReply({ robot: true }),
  'robot.respond': { type: 'passed' },
} as const;
const open = (...kinds: string[]) => executorHarness(flowOf(kinds.map((kind) => ({ kind }))), script);
const tokenOf = ({ plan }: ReturnType<typeof open>['plans']) => plan?.cross_site?.token;

describe('a plan that another site started', () => {
  it('asks for a confirmation, and calls no stage, before its first step with side effects', async () => {
    const { show, solve, plans, stages } = open('logout');
    expect((await show(BEGUN)).result).toMatchObject(QUESTION);
    expect((await show()).result).toMatchObject(QUESTION);
    expect([stages.hops, plans.savedEffects]).toEqual([[], []]);

    expect((await solve({ token: tokenOf(plans) })).result).toMatchObject({ type: 'done' });
    expect(plans.savedEffects).toMatchObject([{ type: 'logout' }]);
  });

  it.each([undefined, null, [], {}, { token: '' }, { token: 7 }, { token: 'guessed' }, { component: 'ak-stage-page' }])(
    'continues only after a confirmation, and not after %j',
    async (body) => {
      const { show, solve, plans, stages } = open('logout');
      await show(BEGUN);
      const token = tokenOf(plans);
      expect((await solve(body)).result).toMatchObject({
        ...QUESTION,
        errors: { token: [{ code: 'question_token' }] },
      });
      expect([stages.hops, tokenOf(plans)]).toEqual([[], token]);
    },
  );

  it('asks for no confirmation after its visitor has answered a step', async () => {
    const { show, solve, plans } = open('puzzle', 'logout');
    expect((await show(BEGUN)).result).toMatchObject({ challenge: { puzzle: true } });
    expect((await solve({})).result).toMatchObject({ type: 'done' });
    expect(plans.savedEffects).toMatchObject([{ type: 'logout' }]);
  });

  it.each([{ token: 't' }, { code: null }, {}])(
    'still asks for a confirmation after an answer that a script could have sent: %j',
    async (body) => {
      const { show, solve, plans } = open('robot', 'logout');
      expect((await show(BEGUN)).crossSite).toBe(true);
      const answered = await solve(body);
      expect([answered.result, answered.crossSite]).toMatchObject([QUESTION, true]);
      expect((await solve({ token: tokenOf(plans) })).result).toMatchObject({ type: 'done' });
    },
  );

  it('asks for no confirmation after an answer that only the visitor can give', async () => {
    const { show, solve } = open('robot', 'logout');
    await show(BEGUN);
    expect((await solve({ code: '1' })).result).toMatchObject({ type: 'done' });
  });

  it('asks for a confirmation even if the request that starts it is an answer', async () => {
    const { solve } = open('robot', 'logout');
    expect((await solve({ token: 't' }, BEGUN)).result).toMatchObject(QUESTION);
  });

  it('asks for a confirmation even in a request that lost a race', async () => {
    const { show } = open('logout');
    const both = await Promise.all([show(BEGUN), show(BEGUN)]);
    expect(both.map(({ result }) => result)).toMatchObject([QUESTION, QUESTION]);
  });

  it('asks for a confirmation even if FlowStarter started it for a user', async () => {
    const { start, show } = open('logout');
    await start({ visitor: undefined, context: {} }, BEGUN);
    expect((await show()).result).toMatchObject(QUESTION);
  });
});

describe('a plan that this site started', () => {
  /** Returns a harness with a started plan, which has not entered its first step. */
  const waiting = async (...kinds: string[]) => {
    const run = open(...kinds);
    await run.start({ visitor: undefined, context: {} });
    return run;
  };

  it('continues when another site navigates to its page, as at the callback of a source', async () => {
    const { show } = await waiting('logout');
    expect((await show(BEGUN)).result).toMatchObject({ type: 'done' });
  });

  it('asks for a confirmation when another site navigates to the executor’s URL', async () => {
    const { show, plans } = await waiting('logout');
    expect((await show(ANY)).result).toMatchObject(QUESTION);
    expect(plans.savedEffects).toEqual([]);
  });

  it('shows its challenge again without a confirmation when another site navigates to the executor’s URL', async () => {
    const { show } = await waiting('page', 'logout');
    await show();
    expect((await show(ANY)).result).toMatchObject({ challenge: { page: true } });
  });
});

it('a mailed link from another site asks for its own confirmation only', async () => {
  const { show, solve, plans } = open('puzzle', 'logout');
  const plan = { ...createPlan(flowOf([{ kind: 'puzzle' }, { kind: 'logout' }]), 'mailed'), cursor: 1 };
  plans.resumedPlans.set(hashToken('t').toString('hex'), {
    ...{ plan: { ...plan, context: { pending_user: ALICE } }, versionId: 'v1', orphaned: false, step: 'puzzle-0' },
  });
  const byLink = { query: { flow_token: 't' } };
  for (const crossSite of ['new', 'any'] as const)
    expect((await show({ ...byLink, crossSite })).result).toMatchObject({
      ...QUESTION,
      challenge: { confirms: 'email' },
    });
  expect((await solve({ token: plans.plan?.resumed?.consent }, byLink)).result).toMatchObject({ type: 'done' });
});
