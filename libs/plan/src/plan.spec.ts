import type { StageReply, User } from '@gatehouse/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { createPlan, restartPlan } from './create-plan.js';
import {
  advance,
  currentStep,
  endPlan,
  mayAnswer,
  type Plan,
  planBody,
  rememberState,
  type Step,
  stateOf,
} from './plan.js';

const PLAN = '0b5c1d5e-8f7a-4c3e-9d2b-6a1f0e9c8b7a';
const version = flowVersionOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
const plan = createPlan(version, PLAN);

const saved = (uuid: string): User => ({
  kind: 'saved',
  uuid,
  pk: 1,
  username: 'alice',
  name: 'Alice',
  email: 'alice@example.org',
  is_active: true,
  epoch: 1,
  locale: '',
});
const alice = saved('41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d');
const bob = { ...saved('52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e'), username: 'bob' };

const current = (of: Plan): Step => currentStep(of, version) as Step;
const errors = { password: [{ code: 'password_invalid' }] };

const replies = {
  challenge: { type: 'challenge', challenge: { asks: 1 }, state: { n: 1 }, context: { auth_method: 'x' } },
  rejected: { type: 'rejected', errors, challenge: { asks: 2 }, state: { n: 1 }, context: { auth_method: 'x' } },
  passed: { type: 'passed', context: { auth_method: 'x' } },
  denied: { type: 'denied', message: { text: 'no' }, context: { auth_method: 'x' } },
} as const satisfies Record<StageReply['type'], StageReply>;

const shows = (challenge: object, told?: object) => ({ type: 'show', challenge, errors: told });
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
  ] as const)('answers %s at a step that says %s', (word, onRefusal, answer) => {
    const next = advance(plan, { ...current(plan), onRefusal }, replies[word]);
    expect(next.answer).toEqual(answer);
    expect(next.plan.cursor).toBe(word === 'passed' ? 1 : 0);
    expect(next.plan.context).toEqual({ auth_method: 'x' });
  });

  it('is done when the last step passes', () => {
    const last = { ...plan, cursor: 2 };
    expect(advance(last, current(last), replies.passed)).toEqual({
      plan: { ...last, cursor: 3, context: { auth_method: 'x' } },
      answer: { type: 'done' },
    });
  });

  it('keeps the challenge that the visitor holds, until its step has passed', () => {
    const shown = advance(plan, current(plan), replies.rejected).plan;
    expect(shown.shown).toEqual({ step: 'a', challenge: { asks: 2 } });
    expect(advance(shown, current(shown), replies.passed).plan).not.toHaveProperty('shown');
  });

  it('shows the errors of a challenge that judged nothing', () => {
    const reply: StageReply = { ...replies.challenge, errors };
    expect(advance(plan, current(plan), reply).answer).toEqual(shows({ asks: 1 }, errors));
  });

  it('takes a fact away that a reply sets to null', () => {
    const known = { ...plan, context: { auth_method: 'x', user_backend: 'y' } };
    expect(advance(known, current(known), { type: 'passed', context: { auth_method: null } }).plan.context).toEqual({
      user_backend: 'y',
    });
  });

  it('merges what is written of the pending user, and replaces another one whole', () => {
    const known: Plan = { ...plan, context: { pending_user: alice } };
    const write = (pending_user: unknown) =>
      advance(known, current(known), { type: 'passed', context: { pending_user } }).plan.context.pending_user;
    expect(write({ kind: 'saved', uuid: alice.kind === 'saved' ? alice.uuid : '', backend: 'inbuilt' })).toEqual({
      ...alice,
      backend: 'inbuilt',
    });
    expect(write(bob)).toEqual(bob);
  });
});

describe('a step added by another', () => {
  const insert = (where: 'before' | 'next' | 'last', count = 1): StageReply => ({
    type: 'passed',
    insert: { where, steps: Array.from({ length: count }, () => ({ kind: 'redirect', config: { to: '/' } })) },
  });
  const ids = (of: Plan) => of.steps.map((step) => ('id' in step ? step.id : step.binding));

  it('comes next', () => {
    expect(ids(advance(plan, current(plan), insert('next', 2)).plan)).toEqual(['a', 'a~1', 'a~2', 'b', 'c']);
  });
  it('or before its maker, which is asked again after it, and whose policies then decide anew', () => {
    const shown: Plan = { ...plan, shown: { step: 'a', challenge: {} }, verdicts: { a: { pass: true, messages: [] } } };
    const { plan: next, answer } = advance(shown, current(shown), insert('before', 2));
    expect([ids(next), next.cursor, answer.type]).toEqual([['a~1', 'a~2', 'a', 'b', 'c'], 0, 'moved']);
    expect([next.shown, next.verdicts]).toEqual([undefined, {}]);
    expect(advance(plan, current(plan), insert('before', 0)).plan.cursor).toBe(1);
  });
  it('or last', () => {
    expect(ids(advance(plan, current(plan), insert('last')).plan)).toEqual(['a', 'b', 'c', 'a~1']);
  });
  it('keeps a plan going that was at its end', () => {
    const last = { ...plan, cursor: 2 };
    expect(advance(last, current(last), insert('next')).answer).toEqual({ type: 'moved' });
  });
  it('has an id of its own, however often its maker passes', () => {
    let going = plan;
    for (const where of ['next', 'before', 'last', 'next'] as const) {
      going = { ...advance(going, current(plan), insert(where, 2)).plan, cursor: 0 };
    }
    expect(new Set(ids(going)).size).toBe(going.steps.length);
  });
  it('is asked as what it is', () => {
    const stage = { id: 's', name: 'extra', kind: 'captcha', model: 'm', config: { site_key: 'k' } };
    const mixed: Plan = {
      ...plan,
      steps: [
        { id: 'a~1', kind: 'redirect', config: { to: '/' } },
        { id: 'a~2', attached: 's' },
      ],
    };
    const offered = flowVersionOf([{ id: 'a' }], { s: stage });
    expect(currentStep(mixed, offered)).toEqual({
      id: 'a~1',
      name: 'redirect',
      kind: 'redirect',
      stage: 'a~1',
      config: { to: '/' },
      onRefusal: 'retry',
    });
    expect(currentStep({ ...mixed, cursor: 1 }, offered)).toEqual({
      id: 'a~2',
      name: 'extra',
      kind: 'captcha',
      stage: 's',
      config: { site_key: 'k' },
      onRefusal: 'retry',
    });
  });
});

describe('the current step', () => {
  it('is none once all have passed', () => {
    expect(currentStep({ ...plan, cursor: 3 }, version)).toBeUndefined();
  });
  it('is never guessed: a plan that does not fit its version is a fault', () => {
    expect(() => currentStep({ ...plan, steps: [{ binding: 'gone' }] }, version)).toThrow('gone');
    expect(() => currentStep({ ...plan, steps: [{ id: 'a~1', attached: 'gone' }] }, version)).toThrow('gone');
  });
  it('may be answered without a look as long as nothing was passed, and never while another is shown', () => {
    const past = (outcome: string): Plan => ({ ...plan, trail: [{ step: 'x', outcome, at: '', ms: 0 }] });
    expect(mayAnswer(plan, current(plan))).toBe(true);
    expect(mayAnswer(past('skipped'), current(plan))).toBe(true);
    expect(mayAnswer(past('passed'), current(plan))).toBe(false);
    expect(mayAnswer({ ...plan, shown: { step: 'a', challenge: {} } }, current(plan))).toBe(true);
    expect(mayAnswer({ ...plan, shown: { step: 'b', challenge: {} } }, current(plan))).toBe(false);
  });
});

describe('what a step remembers', () => {
  const about = (user: User | undefined): Plan => ({ ...plan, context: user ? { pending_user: user } : {} });
  const keeping = (from: Plan, user: User | undefined): Plan => ({ ...from, context: about(user).context });

  it('belongs to that step', () => {
    const kept = rememberState(about(alice), 'a', { n: 1 });
    expect([stateOf(kept, 'a'), stateOf(kept, 'b')]).toEqual([{ n: 1 }, undefined]);
  });
  it('stays when a reply says nothing of it', () => {
    const kept = rememberState(rememberState(about(alice), 'a', { n: 1 }), 'a', undefined);
    expect(stateOf(kept, 'a')).toEqual({ n: 1 });
  });
  it.each([
    ['another user', alice, bob],
    ['nobody', alice, undefined],
    ['somebody', undefined, alice],
    ['a pretended one of the same name', alice, { kind: 'pretended', username: 'alice', email: '' }],
    [
      'a pretended one of another name',
      { kind: 'pretended', username: 'x', email: '' },
      { kind: 'pretended', username: 'y', email: '' },
    ],
  ] as [string, User | undefined, User | undefined][])(
    'is not known when the plan turns to %s',
    (_to, before, after) => {
      const kept = rememberState(about(before), 'a', { n: 1 });
      expect(stateOf(kept, 'a')).toEqual({ n: 1 });
      expect(stateOf(keeping(kept, after), 'a')).toBeUndefined();
    },
  );
  it('belongs to the user whom the same reply brings', () => {
    const reply: StageReply = { ...replies.rejected, context: { pending_user: bob } };
    expect(stateOf(advance(about(alice), current(plan), reply).plan, 'a')).toEqual({ n: 1 });
  });
  it('outlives a restart', () => {
    const restarted = restartPlan(rememberState(about(alice), 'a', { failures: 4 }), version, { keepContext: true });
    expect(stateOf(restarted, 'a')).toEqual({ failures: 4 });
  });
});

describe('an ended plan', () => {
  it('keeps its ending and nothing else', () => {
    const rich: Plan = {
      ...rememberState(plan, 'a', { n: 1 }),
      context: { pending_user: alice },
      next: '/x',
      restarts: 2,
    };
    expect(endPlan(rich, { to: '/' })).toEqual({
      ...{
        id: PLAN,
        v: 1,
        steps: [],
        cursor: 0,
        context: {},
        states: {},
        verdicts: {},
        query: {},
        visitor: null,
        restarts: 0,
        silent_restarts: 0,
        trail: [],
      },
      ended: { to: '/' },
    });
  });
});

describe('any run of a plan', () => {
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

  it('keeps the cursor in range, moves it by one step at most and leaves what it was given as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(reply, action), { maxLength: 12 }), (turns) => {
        let going = deepFreeze(plan);
        for (const [heard, onRefusal] of turns) {
          const step = currentStep(going, version);
          if (!step) return;
          const { plan: next, answer } = advance(going, { ...step, onRefusal }, deepFreeze(heard));
          const isLeft =
            heard.type === 'passed' && !(heard.insert?.where === 'before' && heard.insert.steps.length > 0);
          expect(next.cursor - going.cursor).toBe(isLeft ? 1 : 0);
          expect(next.cursor).toBeLessThanOrEqual(next.steps.length);
          expect(answer.type === 'done').toBe(next.cursor === next.steps.length);
          going = deepFreeze(answer.type === 'restart' ? restartPlan(next, version, answer) : next);
        }
      }),
    );
  });

  it('can be stored as JSON and read again', () => {
    fc.assert(
      fc.property(reply, (heard) => {
        const { id, ...body } = advance(plan, current(plan), JSON.parse(JSON.stringify(heard)) as StageReply).plan;
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
