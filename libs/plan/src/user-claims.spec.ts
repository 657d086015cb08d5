import type { PlanContext, SavedUser } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { emptyPlan, type Plan } from './plan.js';
import { userClaim, withCreatedUser, withPolicyFacts } from './user-claims.js';

const root: SavedUser = {
  ...{ kind: 'saved', uuid: '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d', pk: 1, username: 'root', name: 'Root' },
  ...{ email: 'root@example.org', is_active: true, epoch: 1, locale: '' },
};
const { uuid } = root;
const planOf = (context: PlanContext = {}, more: Partial<Plan> = {}): Plan => ({ ...emptyPlan('p'), context, ...more });
const about = planOf({ pending_user: root });

describe('userClaim', () => {
  it.each<[string, Plan, ReturnType<typeof userClaim>]>([
    ['undefined for a user whose name was typed', about, undefined],
    ['`created` for a user whom a stage says it has created', withCreatedUser(about), 'created'],
    [
      '`created` also if that user is proved later',
      { ...withCreatedUser(planOf({ pending_user: root, verified_user: uuid })), proved_user: uuid },
      'created',
    ],
    [
      'undefined for a visitor of the session whom a stage writes',
      withCreatedUser({ ...about, visitor: uuid }),
      undefined,
    ],
    ['`named` for a user whom a policy names', withPolicyFacts(planOf(), { pending_user: root }), 'named'],
    [
      'undefined for a user whom a policy names and who is proved',
      { ...withPolicyFacts(planOf(), { pending_user: root }), proved_user: uuid },
      undefined,
    ],
    [
      'undefined for the visitor of the session whom a policy names',
      withPolicyFacts(planOf({}, { visitor: uuid }), { pending_user: root }),
      undefined,
    ],
    [
      'undefined for the pending user whom a policy names again',
      withPolicyFacts(about, { pending_user: root }),
      undefined,
    ],
    ['`mail` for a user whose mail address a policy sets', withPolicyFacts(about, { email: 'x@example.org' }), 'mail'],
    [
      '`mail` also if that user is proved by this mail',
      { ...withPolicyFacts(about, { email: 'x@example.org' }), proved_user: uuid },
      'mail',
    ],
    [
      'undefined for a verified user whose mail address a policy sets',
      withPolicyFacts(planOf({ pending_user: root, verified_user: uuid }), { email: 'x@example.org' }),
      undefined,
    ],
  ])('is %s', (_what, plan, claim) => {
    expect(userClaim(plan, uuid)).toBe(claim);
  });
});
