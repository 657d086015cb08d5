import type { StageReply } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { advance } from './advance.js';
import { createPlan } from './create-plan.js';
import type { Plan } from './plan.js';
import { acceptsAnswer, currentStep, type Step } from './steps.js';

const version = flowVersionOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
const plan = createPlan(version, 'plan');
const current = (of: Plan): Step => currentStep(of, version) as Step;

describe('an inserted step', () => {
  const insert = (where: 'before' | 'next' | 'last', count = 1): StageReply => ({
    type: 'passed',
    insert: { where, steps: Array.from({ length: count }, () => ({ kind: 'redirect', config: { to: '/' } })) },
  });
  const ids = (of: Plan) => of.steps.map((step) => ('id' in step ? step.id : step.binding));

  it('with `next` is right after the step that inserted it', () => {
    expect(ids(advance(plan, current(plan), insert('next', 2)).plan)).toEqual(['a', 'a~1', 'a~2', 'b', 'c']);
  });
  it('with `before` is before the step that inserted it, whose policies are then evaluated again', () => {
    const shown: Plan = { ...plan, shown: { step: 'a', challenge: {} }, verdicts: { a: { pass: true, messages: [] } } };
    const { plan: next, action: answer } = advance(shown, current(shown), insert('before', 2));
    expect([ids(next), next.cursor, answer.type]).toEqual([['a~1', 'a~2', 'a', 'b', 'c'], 0, 'moved']);
    expect([next.shown, next.verdicts]).toEqual([undefined, {}]);
    expect(advance(plan, current(plan), insert('before', 0)).plan.cursor).toBe(1);
  });
  it('with `last` is at the end of the plan', () => {
    expect(ids(advance(plan, current(plan), insert('last')).plan)).toEqual(['a', 'b', 'c', 'a~1']);
  });
  it('becomes the current step if the last step inserted it', () => {
    const last = { ...plan, cursor: 2 };
    expect(advance(last, current(last), insert('next')).action).toEqual({ type: 'moved' });
  });
  it('has a unique id, however often the inserting step passes', () => {
    let running = plan;
    for (const where of ['next', 'before', 'last', 'next'] as const) {
      running = { ...advance(running, current(plan), insert(where, 2)).plan, cursor: 0 };
    }
    expect(new Set(ids(running)).size).toBe(running.steps.length);
  });
  it('has the name, kind and config of its stage', () => {
    const stage = { id: 's', name: 'extra', kind: 'captcha', model: 'm', config: { site_key: 'k' } };
    const inserted: Plan = {
      ...plan,
      steps: [
        { id: 'a~1', kind: 'redirect', config: { to: '/' } },
        { id: 'a~2', attached: 's' },
      ],
    };
    const versionWithStage = flowVersionOf([{ id: 'a' }], { s: stage });
    expect(currentStep(inserted, versionWithStage)).toEqual({
      id: 'a~1',
      name: 'redirect',
      kind: 'redirect',
      stage: 'a~1',
      config: { to: '/' },
      onRefusal: 'retry',
    });
    expect(currentStep({ ...inserted, cursor: 1 }, versionWithStage)).toEqual({
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
  it('is undefined at the end of the plan', () => {
    expect(currentStep({ ...plan, cursor: 3 }, version)).toBeUndefined();
  });
  it('throws if the flow version lacks the binding or stage of the step', () => {
    expect(() => currentStep({ ...plan, steps: [{ binding: 'gone' }] }, version)).toThrow('gone');
    expect(() => currentStep({ ...plan, steps: [{ id: 'a~1', attached: 'gone' }] }, version)).toThrow('gone');
  });
  it('accepts an answer without a shown challenge only if no step has passed and no challenge is shown', () => {
    const after = (outcome: string): Plan => ({ ...plan, trail: [{ step: 'x', outcome, at: '', ms: 0 }] });
    expect(acceptsAnswer(plan, current(plan))).toBe(true);
    expect(acceptsAnswer(after('skipped'), current(plan))).toBe(true);
    expect(acceptsAnswer(after('passed'), current(plan))).toBe(false);
    expect(acceptsAnswer({ ...plan, shown: { step: 'a', challenge: {} } }, current(plan))).toBe(true);
    expect(acceptsAnswer({ ...plan, shown: { step: 'b', challenge: {} } }, current(plan))).toBe(false);
  });
});
