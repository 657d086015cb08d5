import { flowOf } from '@gatehouse/executor/testing';
import { createPlan, endPlan, type FlowVersion, type Plan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { flowDiagramOf } from './flow-diagram.js';

const version = flowOf([{ kind: 'page' }, { kind: 'secret' }, { kind: 'page' }, { kind: 'user_login' }]);
const planOf = (more: Partial<Plan> = {}): Plan => ({ ...createPlan(version, 'p'), ...more });
const turn = (step: string, outcome: string, ms = 2) => ({ step, outcome, at: '2026-01-01T00:00:00.000Z', ms });
const states = (plan: Plan, of: FlowVersion = version) =>
  flowDiagramOf(plan, of).map(({ step, state }) => [step, state]);

describe('the picture of a run', () => {
  it('marks what was passed and skipped, where it stands, and what is to come', () => {
    const trail = [turn('page-0', 'rejected', 5), turn('page-0', 'passed', 7), turn('secret-1', 'skipped')];
    const plan = planOf({ cursor: 2, trail });

    expect(states(plan)).toEqual([
      ['page-0', 'passed'],
      ['secret-1', 'skipped'],
      ['page-2', 'current'],
      ['user_login-3', 'planned'],
    ]);
    expect(flowDiagramOf(plan, version)[0]).toMatchObject({ answers: 2, ms: 12, verdict: null, policies: 0 });
  });

  it('counts no answer of a step before which a proof was asked for', () => {
    const steps = [{ id: 'page-0~1', kind: 'page', config: {} }, ...planOf().steps];
    const plan = planOf({ steps, trail: [turn('page-0', 'deferred')] });

    expect(flowDiagramOf(plan, version).map(({ step, state, answers }) => [step, state, answers])).toEqual([
      ['page-0~1', 'current', 0],
      ['page-0', 'planned', 0],
      ['secret-1', 'planned', 0],
      ['page-2', 'planned', 0],
      ['user_login-3', 'planned', 0],
    ]);
    expect(states(endPlan(plan, { denied: { text: 'no' } }))[0]).toEqual(['page-0', 'left_out']);
  });

  it('has the steps that were left out when it was planned, where the flow has them', () => {
    const { steps } = planOf();

    expect(states(planOf({ steps: steps.slice(2) }))).toEqual([
      ['page-0', 'left_out'],
      ['secret-1', 'left_out'],
      ['page-2', 'current'],
      ['user_login-3', 'planned'],
    ]);
  });

  it('has the steps that were added on the way', () => {
    const steps = [...planOf().steps.slice(0, 1), { id: 'page-0~1', kind: 'page', config: {} }];

    expect(states(planOf({ steps, cursor: 1 }), { ...version, steps: version.steps.slice(0, 1) })).toEqual([
      ['page-0', 'passed'],
      ['page-0~1', 'current'],
    ]);
  });

  it('says what the policies of the current step said', () => {
    const plan = planOf({ verdicts: { 'page-0': { pass: true, messages: ['since you are new'] } } });

    expect(flowDiagramOf(plan, version)[0]?.verdict).toEqual({ pass: true, messages: ['since you are new'] });
  });

  it('of one that is over says how far it came', () => {
    const trail = [turn('page-0', 'passed'), turn('secret-1', 'denied')];

    expect(states(endPlan(planOf({ cursor: 1, trail }), { to: '/' })).map(([, state]) => state)).toEqual([
      'passed',
      'refused',
      'left_out',
      'left_out',
    ]);
  });
});
