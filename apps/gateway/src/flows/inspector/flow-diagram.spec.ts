import { flowOf } from '@gatehouse/executor/testing';
import { createPlan, endPlan, type FlowVersion, type Plan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { flowDiagramOf } from './flow-diagram.js';

const version = flowOf([{ kind: 'page' }, { kind: 'secret' }, { kind: 'page' }, { kind: 'user_login' }]);
const planOf = (changes: Partial<Plan> = {}): Plan => ({ ...createPlan(version, 'p'), ...changes });
const trailEntry = (step: string, outcome: string, ms = 2) => ({ step, outcome, at: '2026-01-01T00:00:00.000Z', ms });
const states = (plan: Plan, flowVersion: FlowVersion = version) =>
  flowDiagramOf(plan, flowVersion).map(({ step, state }) => [step, state]);

describe('the diagram of a run', () => {
  it('marks passed, skipped, current and planned steps', () => {
    const trail = [
      trailEntry('page-0', 'rejected', 5),
      trailEntry('page-0', 'passed', 7),
      trailEntry('secret-1', 'skipped'),
    ];
    const plan = planOf({ cursor: 2, trail });

    expect(states(plan)).toEqual([
      ['page-0', 'passed'],
      ['secret-1', 'skipped'],
      ['page-2', 'current'],
      ['user_login-3', 'planned'],
    ]);
    expect(flowDiagramOf(plan, version)[0]).toMatchObject({ answers: 2, ms: 12, verdict: null, policies: 0 });
  });

  it('counts no answer for a step before which a proof step was inserted', () => {
    const steps = [{ id: 'page-0~1', kind: 'page', config: {} }, ...planOf().steps];
    const plan = planOf({ steps, trail: [trailEntry('page-0', 'deferred')] });

    expect(flowDiagramOf(plan, version).map(({ step, state, answers }) => [step, state, answers])).toEqual([
      ['page-0~1', 'current', 0],
      ['page-0', 'planned', 0],
      ['secret-1', 'planned', 0],
      ['page-2', 'planned', 0],
      ['user_login-3', 'planned', 0],
    ]);
    expect(states(endPlan(plan, { denied: { text: 'no' } }))[0]).toEqual(['page-0', 'left_out']);
  });

  it('contains the steps that the planner left out, in the order of the flow', () => {
    const { steps } = planOf();

    expect(states(planOf({ steps: steps.slice(2) }))).toEqual([
      ['page-0', 'left_out'],
      ['secret-1', 'left_out'],
      ['page-2', 'current'],
      ['user_login-3', 'planned'],
    ]);
  });

  it('contains steps that were inserted at run time', () => {
    const steps = [...planOf().steps.slice(0, 1), { id: 'page-0~1', kind: 'page', config: {} }];

    expect(states(planOf({ steps, cursor: 1 }), { ...version, steps: version.steps.slice(0, 1) })).toEqual([
      ['page-0', 'passed'],
      ['page-0~1', 'current'],
    ]);
  });

  it('contains the verdict of the policies of the current step', () => {
    const plan = planOf({ verdicts: { 'page-0': { pass: true, messages: ['since you are new'] } } });

    expect(flowDiagramOf(plan, version)[0]?.verdict).toEqual({ pass: true, messages: ['since you are new'] });
  });

  it('marks the step that denied a run, and the steps after it as left out', () => {
    const trail = [trailEntry('page-0', 'passed'), trailEntry('secret-1', 'denied')];

    expect(states(endPlan(planOf({ cursor: 1, trail }), { to: '/' })).map(([, state]) => state)).toEqual([
      'passed',
      'refused',
      'left_out',
      'left_out',
    ]);
  });
});
