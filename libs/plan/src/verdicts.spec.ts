import { policySetOf } from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { advance } from './advance.js';
import { createPlan } from './create-plan.js';
import { flowVersion } from './flow-version.js';
import { planBody } from './plan.js';
import { currentStep, enterStep, insertSteps, pendingPolicies, type Step } from './steps.js';

const set = policySetOf({ group: 'staff' });
const version = flowVersionOf([{ id: 'a', policies: set }, { id: 'b', planned: set }, { id: 'c' }]);
const plan = createPlan(version, 'id');
const step = currentStep(plan, version) as Step;
const verdict = { pass: true, messages: ['welcome'] };

describe('a step with policies', () => {
  it('has its policies evaluated once, when it becomes the current step', () => {
    expect(pendingPolicies(plan, step)).toEqual(set);
    expect(pendingPolicies(enterStep(plan, step, verdict), step)).toBeUndefined();
  });

  it('does not have its policies evaluated again after its challenge was shown', () => {
    expect(pendingPolicies({ ...plan, shown: { step: 'a', challenge: {} } }, step)).toBeUndefined();
    expect(pendingPolicies({ ...plan, shown: { step: 'b', challenge: {} } }, step)).toEqual(set);
  });

  it('has its verdict in the plan until the plan leaves the step', () => {
    const entered = enterStep(plan, step, verdict);
    expect([entered.cursor, entered.verdicts]).toEqual([0, { a: verdict }]);
    const shown = advance(entered, step, { type: 'challenge', challenge: {} }).plan;
    expect(shown.verdicts).toEqual({ a: verdict });
    expect(advance(shown, step, { type: 'passed' }).plan.verdicts).toEqual({});
  });

  it('is skipped if its policies refuse, and the plan then stores no verdict', () => {
    const left = enterStep(plan, step, { pass: false, messages: ['no'] });
    expect([left.cursor, left.verdicts]).toEqual([1, {}]);
  });

  it('has no policies to evaluate if they are for planning only, or if all bindings are disabled', () => {
    expect(currentStep({ ...plan, cursor: 1 }, version)?.policies).toBeUndefined();
    const off = flowVersionOf([{ id: 'a', policies: policySetOf({ group: 'staff', enabled: false }) }]);
    expect(currentStep(plan, off)?.policies).toBeUndefined();
  });
});

describe('steps that a policy inserts', () => {
  const redirect = { kind: 'redirect', config: { to: '/' } };
  const added = (where: 'next' | 'last', index: number) =>
    insertSteps(plan, { id: 'x', index }, { where, steps: [redirect] }).steps.map((s) =>
      'id' in s ? s.id : s.binding,
    );

  it('are right after the insertion point, before all steps, or at the end of the plan', () => {
    expect(added('next', 1)).toEqual(['a', 'b', 'x~1', 'c']);
    expect(added('next', -1)).toEqual(['x~1', 'a', 'b', 'c']);
    expect(added('last', 0)).toEqual(['a', 'b', 'c', 'x~1']);
  });
});

describe('a document that was stored before policies existed', () => {
  it('is parsed if it is a plan without verdicts', () => {
    const { id: _id, verdicts: _none, ...old } = plan;
    expect(planBody.parse(JSON.parse(JSON.stringify(old)))).toMatchObject({ verdicts: {} });
  });

  it('is parsed if it is a flow version without policies, whose bindings have no order', () => {
    const { policies: _none, ...old } = flowVersionOf([{ id: 'a', policies: set }]);
    const [{ order: _unsaid, ...condition }] = set.bindings as [(typeof set)['bindings'][number]];
    const read = flowVersion.parse({ ...old, guard: { mode: 'all', bindings: [condition] } });
    expect(read.policies).toEqual({});
    expect(read.guard.bindings[0]?.order).toBe(0);
  });
});

describe('a plan that is stored and parsed again', () => {
  it('keeps the facts that policies have added', () => {
    const { id: _id, ...body } = { ...plan, context: { ...plan.context, weather: { warm: true } } };
    expect(planBody.parse(JSON.parse(JSON.stringify(body))).context).toEqual({ weather: { warm: true } });
  });
});
