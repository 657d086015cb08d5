import type { ApiVersion } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { applySeed, createPlan, isApplicable, meetsRequirement, restartPlan, type Visitor } from './create-plan.js';
import { ARRIVAL_REQUIREMENTS, REQUIREMENTS } from './flow-version.js';
import type { Plan } from './plan.js';
import { withoutBinding } from './steps.js';

const version = flowVersionOf([{ id: 'a' }, { id: 'b' }]);

describe('a new plan', () => {
  it('starts before the first step of its version, with an empty context', () => {
    expect(createPlan(version, 'id')).toEqual({
      ...{
        id: 'id',
        v: 1,
        cursor: 0,
        context: {},
        states: {},
        verdicts: {},
        query: {},
        visitor: null,
        answers: 0,
        restarts: 0,
        silent_restarts: 0,
      },
      trail: [],
      steps: [{ binding: 'a' }, { binding: 'b' }],
    });
  });
});

describe('restartPlan', () => {
  const worn: Plan = {
    ...createPlan(version, 'id'),
    steps: [{ binding: 'a' }, { id: 'a~1', kind: 'redirect', config: {} }, { binding: 'b' }],
    cursor: 2,
    context: { auth_method: 'password' },
    states: { a: { user: null, state: { failures: 3 } } },
    shown: { step: 'b', challenge: {} },
    verdicts: { b: { pass: true, messages: [] } },
    next: '/app',
    query: { next: '/app' },
    restarts: 1,
  };

  it('returns to the first step, and removes inserted steps, the shown challenge and verdicts', () => {
    const again = restartPlan(worn, version, { keepContext: false });
    expect(again.steps).toEqual([{ binding: 'a' }, { binding: 'b' }]);
    expect(again.cursor).toBe(0);
    expect(again).not.toHaveProperty('shown');
    expect(again.verdicts).toEqual({});
  });
  it('keeps the steps’ states, the destination and the plan’s id, and increases `restarts`', () => {
    const { id, states, next, query, restarts } = restartPlan(worn, version, { keepContext: false });
    expect({ id, states, next, query, restarts }).toEqual({
      ...{ id: 'id', states: worn.states, next: '/app', query: { next: '/app' } },
      restarts: 2,
    });
  });
  it('keeps the context if and only if keepContext is true', () => {
    expect(restartPlan(worn, version, { keepContext: true }).context).toEqual({ auth_method: 'password' });
    expect(restartPlan(worn, version, { keepContext: false }).context).toEqual({});
  });
});

describe('the seed of a plan', () => {
  const kind = (name: string) => ({ kind: name, config: {} });
  const begun = {
    context: { is_sso: true },
    insert: { where: 'last' as const, steps: [kind('redirect'), kind('deny')] },
  };
  const fitted = applySeed(createPlan(version, 'id'), begun);
  const last = [
    { id: 'begun~1', ...kind('redirect') },
    { id: 'begun~2', ...kind('deny') },
  ];

  it('adds facts to the context, and steps before the first or after the last step', () => {
    expect(fitted).toMatchObject({ cursor: 0, context: { is_sso: true } });
    expect(fitted.steps).toEqual([{ binding: 'a' }, { binding: 'b' }, ...last]);
    const before = applySeed(createPlan(version, 'id'), { ...begun, insert: { ...begun.insert, where: 'next' } });
    expect(before.steps).toEqual([...last, { binding: 'a' }, { binding: 'b' }]);
  });
  it('is restored by a restart', () => {
    const worn: Plan = { ...fitted, cursor: 3, context: { is_sso: false, auth_method: 'password' } };
    expect(restartPlan(worn, version, { keepContext: false })).toMatchObject({
      ...{ cursor: 0, context: { is_sso: true }, steps: fitted.steps },
    });
    expect(restartPlan(worn, version, { keepContext: true })).toMatchObject({
      ...{ context: worn.context, steps: fitted.steps },
    });
  });
});

describe('withoutBinding', () => {
  it('removes only the step of that binding, and keeps inserted steps in place', () => {
    const added = { id: 'b~1', kind: 'redirect', config: {} };
    const plan: Plan = { ...createPlan(version, 'id'), steps: [{ binding: 'a' }, { binding: 'b' }, added] };
    expect(withoutBinding(plan, 'b').steps).toEqual([{ binding: 'a' }, added]);
  });
});

describe('the authentication requirement', () => {
  const visitors: Record<string, Visitor> = {
    anonymous: { authenticated: false, superuser: false, outpost: false },
    user: { authenticated: true, superuser: false, outpost: false },
    superuser: { authenticated: true, superuser: true, outpost: false },
    outpost: { authenticated: false, superuser: false, outpost: true },
  };
  it.each([
    ['none', ['anonymous', 'user', 'superuser', 'outpost']],
    ['require_authenticated', ['user', 'superuser']],
    ['require_unauthenticated', ['anonymous', 'outpost']],
    ['require_superuser', ['superuser']],
    ['require_outpost', ['outpost']],
    ['require_redirect', []],
    ['require_token', []],
  ] as const)('%s admits only visitors who are %j', (requirement, admitted) => {
    const found = Object.entries(visitors).flatMap(([name, visitor]) =>
      meetsRequirement(requirement, visitor) ? [name] : [],
    );
    expect(found).toEqual(admitted);
  });
  it('has seven values, which the test above lists', () => {
    expect(REQUIREMENTS).toHaveLength(7);
  });
  it.each([
    ['require_redirect', { is_redirected: { uuid: version.flow.id, slug: 'first', name: 'First' } }],
    ['require_token', { is_restored: { step: 'mail', user: null } }],
  ] as const)(
    '%s admits a visitor whose plan has the fact %j, but not one with the other fact',
    (requirement, marker) => {
      const others = ARRIVAL_REQUIREMENTS.filter((other) => other !== requirement);
      expect(meetsRequirement(requirement, visitors['anonymous']!, marker)).toBe(true);
      expect(others.map((other) => meetsRequirement(other, visitors['anonymous']!, marker))).toEqual([false]);
    },
  );

  it('is waived at a restart with a pending user only under 2024.8', () => {
    const flow = { ...version.flow, authentication: 'require_unauthenticated' as const };
    const user = { kind: 'pretended' as const, username: 'alice', email: '' };
    const known: Plan = { ...createPlan(version, 'id'), context: { pending_user: user } };
    const applies = (line: ApiVersion) => isApplicable({ ...version, flow }, visitors['user']!, { plan: known, line });
    expect([applies('2024.8'), applies('2026.8')]).toEqual([true, false]);
  });
});
