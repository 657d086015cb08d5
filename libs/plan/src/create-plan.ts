import type { ApiVersion } from '@gatehouse/contracts';
import type { FlowVersion } from './flow-version.js';
import { emptyPlan, type Plan } from './plan.js';
import { isLinkUnconfirmed, withProvedUser } from './plan-state.js';
import { insertSteps } from './steps.js';

/** Largest number of restarts without a challenge in between. The next such restart ends the plan with a denial. */
export const MAX_SILENT_RESTARTS = 8;

/** Returns a new plan of a flow version, at its first step. */
export const createPlan = (version: FlowVersion, id: string): Plan => ({
  ...emptyPlan(id),
  steps: version.steps.map((step) => ({ binding: step.id })),
});

/** What a plan starts with besides its flow: facts, and steps before the flow's first step or after its last. */
export type PlanSeed = NonNullable<Plan['begun']>;

/** The insertion point of a seed's steps. The ids of these steps begin with its `id`. */
const SEED_INSERTION = { id: 'begun', index: -1 };

/** Returns the plan, which must not have started, with the facts and steps of a seed. */
export function applySeed(plan: Plan, begun: PlanSeed): Plan {
  const seeded = {
    ...insertSteps(plan, SEED_INSERTION, begun.insert),
    context: { ...plan.context, ...begun.context },
    begun,
  };
  // Steps must not replace the user of the seed, who therefore becomes `proved_user`. `isProved` still does not accept
  // the seed as a proof, because the user may come from an API token.
  return begun.context.pending_user ? withProvedUser(seeded) : seeded;
}

/**
 * A redirect to another flow: the plan of the redirect stage (`from`), that stage's flow, and whether its facts are
 * kept.
 */
interface PlanRedirect {
  readonly from: Plan;
  readonly flow: FlowVersion['flow'];
  readonly keepsContext: boolean;
}

/**
 * Returns the plan of the flow to which a redirect stage redirects, with the fact `is_redirected`. With `keepsContext`,
 * it also has the old plan's facts and their restrictions: which user was proved, and what policies have set. A restart
 * keeps only `is_redirected` and the visitor's outpost. The cross-site mark is always kept, so that no redirect removes
 * it. A plan that adds a user continues to do so. A plan that switches users continues to do so only if the facts are
 * kept, because they name the user.
 */
export function redirectedPlan(empty: Plan, { from, flow, keepsContext }: PlanRedirect): Plan {
  const is_redirected = { uuid: flow.id, slug: flow.slug, name: flow.name };
  const { proved_user, created_user, named_by_policy, mail_by_policy } = from;
  const { outpost } = from.context;
  const seed = { is_redirected, ...(outpost && { outpost }) };
  const staysSwitch = from.user_switch?.action === 'switch' ? keepsContext : awaitsAddedUser(from);
  const kept = keepsContext ? { proved_user, created_user, named_by_policy, mail_by_policy } : {};
  return {
    ...empty,
    ...kept,
    ...(from.cross_site && { cross_site: from.cross_site }),
    ...(staysSwitch && { user_switch: from.user_switch }),
    context: { ...(keepsContext && from.context), ...seed },
    begun: { context: seed },
  };
}

/**
 * Returns the plan back at its first step, on the same flow version. Removes inserted steps. Keeps the states of the
 * flow's own steps, the seed and, if `keepContext` is true, the facts.
 */
export function restartPlan(plan: Plan, version: FlowVersion, { keepContext }: { keepContext: boolean }): Plan {
  // The visitor must pass every step again, so a kept pending user counts as not proved.
  const { shown: _shown, proved_user: _proved, ...rest } = withoutUnconfirmedLink(plan);
  const again: Plan = {
    ...rest,
    steps: createPlan(version, plan.id).steps,
    cursor: 0,
    context: {},
    verdicts: {},
    // Removes the states of inserted steps, because steps that are inserted after the restart get the same ids.
    states: Object.fromEntries(Object.entries(plan.states).filter(([step]) => !step.includes('~'))),
    restarts: plan.restarts + 1,
    silent_restarts: plan.silent_restarts + 1,
  };
  const seeded = plan.begun ? applySeed(again, plan.begun) : again;
  return keepContext ? { ...seeded, context: rest.context } : seeded;
}

/**
 * Returns the plan without a mailed link that waits for a confirmation. After a restart, the plan is no longer at the
 * step of the link, so a confirmation would use the link up for nothing. The visitor can open the link again.
 */
function withoutUnconfirmedLink(plan: Plan): Plan {
  if (!isLinkUnconfirmed(plan)) return plan;
  const { resumed: _resumed, ...rest } = plan;
  const { is_restored: _restored, ...context } = plan.context;
  return { ...rest, context };
}

/** The properties of the caller that a flow's authentication requirement checks. */
export interface Visitor {
  readonly authenticated: boolean;
  readonly superuser: boolean;
  readonly outpost: boolean;
}

/** Whether the plan adds a user: its login leaves the user of the session logged in. */
export const addsUser = ({ user_switch: change }: Pick<Plan, 'user_switch'>): boolean => change?.action === 'add';

/** Whether the plan adds a user who has not logged in yet. */
export const awaitsAddedUser = (plan: Pick<Plan, 'user_switch' | 'visitor'>): boolean =>
  addsUser(plan) && plan.visitor === plan.user_switch?.from;

/**
 * Returns the visitor for the authentication requirement of a plan's flow: an anonymous one if the plan adds a user.
 */
export const visitorIn = (plan: Pick<Plan, 'user_switch'>, visitor: Visitor): Visitor =>
  addsUser(plan) ? { ...visitor, authenticated: false, superuser: false } : visitor;

/** The facts that say whether a redirect stage or a mailed link brought the visitor to the flow. */
export type ArrivalFacts = Pick<Plan['context'], 'is_redirected' | 'is_restored'>;

/**
 * Whether a flow's authentication requirement admits the visitor (docs/spec/executor.md#authentication-requirement).
 */
export function meetsRequirement(
  requirement: FlowVersion['flow']['authentication'],
  visitor: Visitor,
  { is_redirected, is_restored }: ArrivalFacts = {},
): boolean {
  switch (requirement) {
    case 'none':
      return true;
    case 'require_authenticated':
      return visitor.authenticated;
    case 'require_unauthenticated':
      return !visitor.authenticated;
    case 'require_superuser':
      return visitor.superuser;
    case 'require_outpost':
      return visitor.outpost;
    case 'require_redirect':
      return is_redirected !== undefined;
    case 'require_token':
      return is_restored !== undefined;
  }
}

/**
 * Whether a plan that restarts meets its flow's authentication requirement. Under 2024.8, a kept pending user always
 * meets it (docs/spec/executor.md#restart).
 */
export const isApplicable = (
  { flow }: FlowVersion,
  visitor: Visitor,
  { plan, line }: { readonly plan: Plan; readonly line: ApiVersion },
): boolean =>
  (line === '2024.8' && plan.context.pending_user !== undefined) ||
  meetsRequirement(flow.authentication, visitorIn(plan, visitor), plan.context);
