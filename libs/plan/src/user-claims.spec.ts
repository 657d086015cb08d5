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

describe('the claim on a user', () => {
  it.each<[string, Plan, ReturnType<typeof userClaim>]>([
    ['nothing, for a typed name', about, undefined],
    ['the stage that says it has created the user', withCreatedUser(about), 'created'],
    [
      'created, whatever is proved later',
      { ...withCreatedUser(planOf({ pending_user: root, verified_user: uuid })), proved_user: uuid },
      'created',
    ],
    ['the session, for a visitor whom a stage writes', withCreatedUser({ ...about, visitor: uuid }), undefined],
    ['the policy that names the user', withPolicyFacts(planOf(), { pending_user: root }), 'named'],
    [
      'a proof, also of a user whom a policy names',
      { ...withPolicyFacts(planOf(), { pending_user: root }), proved_user: uuid },
      undefined,
    ],
    [
      'the session, whatever a policy names',
      withPolicyFacts(planOf({}, { visitor: uuid }), { pending_user: root }),
      undefined,
    ],
    ['nothing, for a user whom a policy names again', withPolicyFacts(about, { pending_user: root }), undefined],
    ['the policy that says where mail goes', withPolicyFacts(about, { email: 'x@example.org' }), 'mail'],
    [
      'that policy, once its mail was read',
      { ...withPolicyFacts(about, { email: 'x@example.org' }), proved_user: uuid },
      'mail',
    ],
    [
      'a proof, wherever mail goes',
      withPolicyFacts(planOf({ pending_user: root, verified_user: uuid }), { email: 'x@example.org' }),
      undefined,
    ],
  ])('is %s', (_what, plan, claim) => {
    expect(userClaim(plan, uuid)).toBe(claim);
  });
});
