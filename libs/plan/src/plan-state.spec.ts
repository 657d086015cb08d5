import type { StageReply, User } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { alice, bob } from '../testing/users.js';
import { advance } from './advance.js';
import { createPlan, restartPlan } from './create-plan.js';
import { endPlan, type Plan } from './plan.js';
import { markCrossSite, stateOf, storeState, unmarkCrossSite } from './plan-state.js';
import { currentStep } from './steps.js';

const version = flowVersionOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
const plan = createPlan(version, 'plan');

describe('the state of a step', () => {
  const planOf = (user: User | undefined): Plan => ({ ...plan, context: user ? { pending_user: user } : {} });
  const withUser = (from: Plan, user: User | undefined): Plan => ({ ...from, context: planOf(user).context });

  it('is returned for that step only', () => {
    const stored = storeState(planOf(alice), 'a', { n: 1 });
    expect([stateOf(stored, 'a'), stateOf(stored, 'b')]).toEqual([{ n: 1 }, undefined]);
  });
  it('is kept if a reply has no state', () => {
    const stored = storeState(storeState(planOf(alice), 'a', { n: 1 }), 'a', undefined);
    expect(stateOf(stored, 'a')).toEqual({ n: 1 });
  });
  it.each([
    ['another user', alice, bob],
    ['no user', alice, undefined],
    ['a first user', undefined, alice],
    ['a pretended user of the same name', alice, { kind: 'pretended', username: 'alice', email: '' }],
    [
      'another pretended user',
      { kind: 'pretended', username: 'x', email: '' },
      { kind: 'pretended', username: 'y', email: '' },
    ],
  ] as [string, User | undefined, User | undefined][])(
    'is not returned after the plan changes to %s',
    (_change, before, after) => {
      const stored = storeState(planOf(before), 'a', { n: 1 });
      expect(stateOf(stored, 'a')).toEqual({ n: 1 });
      expect(stateOf(withUser(stored, after), 'a')).toBeUndefined();
    },
  );
  it('is stored for the user whom the same reply names', () => {
    const reply: StageReply = {
      ...{ type: 'rejected', errors: {}, challenge: {}, state: { n: 1 } },
      context: { pending_user: bob },
    };
    expect(stateOf(advance(planOf(alice), currentStep(plan, version)!, reply).plan, 'a')).toEqual({ n: 1 });
  });
  it('is kept at a restart', () => {
    const restarted = restartPlan(storeState(planOf(alice), 'a', { failures: 4 }), version, { keepContext: true });
    expect(stateOf(restarted, 'a')).toEqual({ failures: 4 });
  });
});

const marked = markCrossSite(plan, 'the token');

describe('the cross-site mark of a plan', () => {
  it('is kept at a restart', () => {
    expect(restartPlan(marked, version, { keepContext: false }).cross_site).toEqual({ token: 'the token' });
  });

  it('is removed by an answer, and at the end of the plan', () => {
    expect(unmarkCrossSite(marked)).toEqual(plan);
    expect(endPlan(marked, { to: '/' }).cross_site).toBeUndefined();
  });

  it('is absent in most plans: unmarkCrossSite then returns the same object', () => {
    expect(unmarkCrossSite(plan)).toBe(plan);
  });
});
