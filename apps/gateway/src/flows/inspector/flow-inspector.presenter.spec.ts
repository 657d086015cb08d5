import { REDACTED } from '@gatehouse/contracts';
import { ALICE, flowOf } from '@gatehouse/executor/testing';
import { createPlan, endPlan, type FlowVersion, type Plan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { presentInspection } from './flow-inspector.presenter.js';

const version = flowOf([{ kind: 'page' }, { kind: 'secret' }, { kind: 'user_login', onRefusal: 'restart' }]);
const contracts = {
  find: () => undefined,
  hasComponent: () => false,
  isSecretField: () => false,
  ownFact: () => undefined,
  proofSteps: () => [],
};
const at = '2026-01-01T00:00:00.000Z';

const planOf = (changes: Partial<Plan> = {}): Plan => ({ ...createPlan(version, 'p'), ...changes });
const inspect = (plan: Plan, flowVersion: FlowVersion = version) =>
  presentInspection({ plan, version: flowVersion, contracts, sessionId: 'abc' });
const nameOf = (shown: { current_stage: { stage_obj: { name: string } } } | undefined) =>
  shown?.current_stage.stage_obj.name;

describe('the facts of a run in the inspector', () => {
  const context = {
    pending_user: { ...ALICE, backend: 'b' },
    prompt_data: { anything: 'typed' },
    auth_method_args: { api_token: 'hunter2', known_device: true },
    application: { uuid: ALICE.uuid, pk: 3, slug: 'wiki', name: 'Wiki' },
    redirect: '/x',
  };

  it('are masked if their schema or name marks a secret, and users and applications are shown as short references', () => {
    expect(inspect(planOf({ context }))?.current_plan.plan_context).toEqual({
      pending_user: { username: 'alice', pk: 7, email: 'alice@example.org' },
      prompt_data: REDACTED,
      auth_method_args: { api_token: REDACTED, known_device: true },
      application: { app: 'authentik_core', model_name: 'application', pk: 3, name: 'Wiki' },
      redirect: '/x',
    });
  });

  it('show no pk for a pretended user', () => {
    const pretended = { kind: 'pretended', username: 'ghost', email: '' } as const;
    expect(inspect(planOf({ context: { pending_user: pretended } }))?.current_plan.plan_context).toEqual({
      pending_user: { username: 'ghost', pk: null, email: '' },
    });
  });
});

describe('the steps of a run in the inspector', () => {
  const passed = (step: string) => ({ step, outcome: 'passed', at, ms: 3 });

  it('are the passed steps, the current step and the next step', () => {
    const trail = [{ step: 'page-0', outcome: 'rejected', at, ms: 5 }, passed('page-0'), passed('secret-1')];
    const shown = inspect(planOf({ cursor: 2, trail }));

    expect(shown?.plans.map(nameOf)).toEqual(['the page-0 stage', 'the secret-1 stage']);
    expect(shown?.plans[0]?.next_planned_stage.stage_obj.name).toBe('the secret-1 stage');
    expect(shown?.current_plan.current_stage).toMatchObject({
      order: 2,
      invalid_response_action: 'restart',
      stage_obj: { component: 'ak-stage-user-login-form', verbose_name: 'User Login Stage' },
    });
    expect(shown?.current_plan.next_planned_stage).toMatchObject({ pk: '', stage: '', stage_obj: { name: '' } });
    expect(shown?.trail).toHaveLength(3);
  });

  it('include steps that were inserted at run time', () => {
    const steps = [...planOf().steps, { id: 'page-0~1', kind: 'page', config: {} }];
    const shown = inspect(planOf({ steps, cursor: 3 }));

    expect(shown?.current_plan.current_stage).toMatchObject({ pk: 'page-0~1', order: 0, stage_obj: { name: 'page' } });
  });

  it('stay visible after the run has ended, but its facts do not', () => {
    const finished = endPlan(planOf({ cursor: 1, context: { redirect: '/x' }, trail: [passed('page-0')] }), {
      to: '/',
    });

    expect(inspect(finished)).toMatchObject({ is_completed: true, current_plan: { plan_context: {} } });
    expect(nameOf(inspect(finished)?.current_plan)).toBe('the page-0 stage');
  });

  it('are undefined for a run that ended before it passed a step', () => {
    expect(inspect(endPlan(planOf(), { to: '/' }))).toBeUndefined();
  });
});
