import { isProved, mergeContext, userKey } from './merge-context.js';
import type { Plan } from './plan.js';

/**
 * Why a user who has proved no credential is the plan's user: a stage claims to have created the user, a policy named
 * the user, or the user proved a mailbox that a policy chose.
 */
export type UserClaim = 'created' | 'named' | 'mail';

/**
 * Returns the plan with its pending user recorded as created by a stage. Does not record the user who runs the plan,
 * because that user existed before.
 */
export function withCreatedUser(plan: Plan): Plan {
  const { pending_user: user } = plan.context;
  return user?.kind === 'saved' && user.uuid !== plan.visitor ? { ...plan, created_user: user.uuid } : plan;
}

/**
 * Returns the plan with the facts that policies set. Records in it which user the policies named, and that they set the
 * mail address.
 */
export function withPolicyFacts(plan: Plan, facts: Readonly<Record<string, unknown>>): Plan {
  const context = mergeContext(plan.context, facts, plan.visitor);
  const { pending_user: user } = context;
  const isNamed = user?.kind === 'saved' && user.uuid !== userKey(plan.context.pending_user);
  return {
    ...plan,
    context,
    ...(isNamed && { named_by_policy: user.uuid }),
    ...(typeof facts['email'] === 'string' && { mail_by_policy: true }),
  };
}

/**
 * Returns why this user is the plan's user without a proof. Returns `undefined` for the user who runs the plan, and for
 * a user who was verified in it. Returns `created` for a user whom a stage has created in the plan, even if that user
 * was verified.
 */
export function userClaim(plan: Plan, uuid: string): UserClaim | undefined {
  if (plan.created_user === uuid) return 'created';
  if (plan.visitor === uuid || isProved(plan, uuid)) return undefined;
  if (plan.mail_by_policy) return 'mail';
  return plan.named_by_policy === uuid && plan.proved_user !== uuid ? 'named' : undefined;
}
