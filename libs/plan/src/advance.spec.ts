import type { StageReply } from '@gatehouse/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { ALICE_UUID, alice, bob } from '../testing/users.js';
import { advance } from './advance.js';
import { createPlan, restartPlan } from './create-plan.js';
import { type Plan, planBody } from './plan.js';
import { currentStep, type Step } from './steps.js';

const PLAN = '0b5c1d5e-8f7a-4c3e-9d2b-6a1f0e9c8b7a';
const version = flowVersionOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
const plan = createPlan(version, PLAN);
const current = (of: Plan): Step => currentStep(of, version) as Step;
const errors = { password: [{ code: 'password_invalid' }] };

const replies = {
  challenge: { type: 'challenge', challenge: { asks: 1 }, state: { n: 1 }, context: { auth_method: 'x' } },
  rejected: { type: 'rejected', errors, challenge: { asks: 2 }, state: { n: 1 }, context: { auth_method: 'x' } },
  passed: { type: 'passed', context: { auth_method: 'x' } },
  denied: { type: 'denied', message: { text: 'no' }, context: { auth_method: 'x' } },
} as const satisfies Record<StageReply['type'], StageReply>;

const shows = (challenge: object, messages?: object) => ({ type: 'show', challenge, errors: messages });
const restarts = (keepContext: boolean) => ({ type: 'restart', keepContext });

describe('advance', () => {
  it.each([
    ['challenge', 'retry', shows({ asks: 1 })],
    ['challenge', 'restart', shows({ asks: 1 })],
    ['challenge', 'restart_with_context', shows({ asks: 1 })],
    ['rejected', 'retry', shows({ asks: 2 }, errors)],
    ['rejected', 'restart', restarts(false)],
    ['rejected', 'restart_with_context', restarts(true)],
    ['denied', 'retry', { type: 'denied', message: { text: 'no' } }],
    ['denied', 'restart', restarts(false)],
    ['denied', 'restart_with_context', restarts(true)],
    ['passed', 'retry', { type: 'moved' }],
    ['passed', 'restart', { type: 'moved' }],
    ['passed', 'restart_with_context', { type: 'moved' }],
  ] as const)('handles a reply of type %s at a step with invalid_response_action %s', (type, onRefusal, action) => {
    const next = advance(plan, { ...current(plan), onRefusal }, replies[type]);
    expect(next.action).toEqual(action);
    expect(next.plan.cursor).toBe(type === 'passed' ? 1 : 0);
    expect(next.plan.context).toEqual({ auth_method: 'x' });
  });

  it('ends the plan when the last step passes', () => {
    const last = { ...plan, cursor: 2 };
    expect(advance(last, current(last), replies.passed)).toEqual({
      plan: { ...last, cursor: 3, context: { auth_method: 'x' } },
      action: { type: 'done' },
    });
  });

  it('stores the shown challenge in the plan until its step has passed', () => {
    const shown = advance(plan, current(plan), replies.rejected).plan;
    expect(shown.shown).toEqual({ step: 'a', challenge: { asks: 2 } });
    expect(advance(shown, current(shown), replies.passed).plan.shown).toBeUndefined();
  });

  it('shows a challenge with the errors that the reply has', () => {
    const reply: StageReply = { ...replies.challenge, errors };
    expect(advance(plan, current(plan), reply).action).toEqual(shows({ asks: 1 }, errors));
  });

  it('removes a fact that a reply sets to null', () => {
    const before = { ...plan, context: { auth_method: 'x', user_backend: 'y' } };
    expect(advance(before, current(before), { type: 'passed', context: { auth_method: null } }).plan.context).toEqual({
      user_backend: 'y',
    });
  });

  it('merges the pending user with a user of the same uuid, and replaces it by any other user', () => {
    const before: Plan = { ...plan, context: { pending_user: alice } };
    const write = (pending_user: unknown) =>
      advance(before, current(before), { type: 'passed', context: { pending_user } }).plan.context.pending_user;
    expect(write({ kind: 'saved', uuid: ALICE_UUID, backend: 'inbuilt' })).toEqual({
      ...alice,
      backend: 'inbuilt',
    });
    expect(write(bob)).toEqual(bob);
  });
});

describe('any sequence of replies', () => {
  const bag = fc.dictionary(fc.constantFrom('auth_method', 'user_backend'), fc.oneof(fc.string(), fc.constant(null)));
  const inserted = fc.record({
    where: fc.constantFrom('before' as const, 'next' as const, 'last' as const),
    steps: fc.array(fc.constant({ kind: 'redirect', config: {} }), { maxLength: 3 }),
  });
  const state = fc.option(fc.record({ n: fc.nat() }), { nil: undefined });
  const reply = fc.oneof(
    fc.record({ type: fc.constant('challenge' as const), challenge: fc.constant({}), state, context: bag }),
    fc.record({
      type: fc.constant('rejected' as const),
      errors: fc.constant({}),
      challenge: fc.constant({}),
      state,
      context: bag,
    }),
    fc.record({ type: fc.constant('passed' as const), context: bag, insert: fc.option(inserted, { nil: undefined }) }),
    fc.record({ type: fc.constant('denied' as const), context: bag }),
  ) as fc.Arbitrary<StageReply>;
  const action = fc.constantFrom('retry' as const, 'restart' as const, 'restart_with_context' as const);

  it('moves the cursor by at most one step, keeps it in range, and does not mutate the plan', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(reply, action), { maxLength: 12 }), (exchanges) => {
        let running = deepFreeze(plan);
        for (const [anyReply, onRefusal] of exchanges) {
          const step = currentStep(running, version);
          if (!step) return;
          const { plan: next, action: answer } = advance(running, { ...step, onRefusal }, deepFreeze(anyReply));
          const isLeft =
            anyReply.type === 'passed' && !(anyReply.insert?.where === 'before' && anyReply.insert.steps.length > 0);
          expect(next.cursor - running.cursor).toBe(isLeft ? 1 : 0);
          expect(next.cursor).toBeLessThanOrEqual(next.steps.length);
          expect(answer.type === 'done').toBe(next.cursor === next.steps.length);
          running = deepFreeze(answer.type === 'restart' ? restartPlan(next, version, answer) : next);
        }
      }),
    );
  });

  it('results in a plan that is the same after storage as JSON', () => {
    fc.assert(
      fc.property(reply, (anyReply) => {
        const { id, ...body } = advance(plan, current(plan), JSON.parse(JSON.stringify(anyReply)) as StageReply).plan;
        expect(id).toBe(PLAN);
        expect(planBody.parse(JSON.parse(JSON.stringify(body)))).toEqual(body);
      }),
    );
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
