import type { FlowVersion } from './flow-version.js';
import { emptyPlan, insertSteps, type Plan, provedBy } from './plan.js';

/** Restarts without a challenge in between, after which the client is denied: a flow that asks nothing cannot loop for ever. */
export const MAX_SILENT_RESTARTS = 8;

/** A fresh plan of a flow version, before its first step. */
export const createPlan = (version: FlowVersion, id: string): Plan => ({
  ...emptyPlan(id),
  steps: version.steps.map((step) => ({ binding: step.id })),
});

/** What a plan begins with beside its flow: facts, and steps before its first or after its last. */
export type PlanSeed = NonNullable<Plan['begun']>;

/** Stands for whoever begins a plan, in the ids of the steps that they add. */
const SEED_INSERTION = { id: 'begun', index: -1 };

/** A plan that has yet to begin, with what it begins with. */
export function applySeed(plan: Plan, begun: PlanSeed): Plan {
  const fitted = {
    ...insertSteps(plan, SEED_INSERTION, begun.insert),
    context: { ...plan.context, ...begun.context },
    begun,
  };
  // Stages do not replace the user that a plan was begun about. This is no proof of that user for `isProved`, because the
  // user may come from an API token.
  return begun.context.pending_user ? provedBy(fitted) : fitted;
}

/**
 * Plans again on the same version: steps that were added on the way are gone, states stay, the context if it is to be kept;
 * what the plan began with is there again.
 */
export function restartPlan(plan: Plan, version: FlowVersion, { keepContext }: { keepContext: boolean }): Plan {
  // Every step must be passed again, so a user who is named now has to prove themselves again.
  const { shown: _gone, proved_user: _again, ...kept } = plan;
  const again: Plan = {
    ...kept,
    steps: createPlan(version, plan.id).steps,
    cursor: 0,
    context: {},
    verdicts: {},
    // Ids of dynamic steps are used again: a new one must not inherit what another remembered.
    states: Object.fromEntries(Object.entries(plan.states).filter(([step]) => !step.includes('~'))),
    restarts: plan.restarts + 1,
    silent_restarts: plan.silent_restarts + 1,
  };
  const fitted = plan.begun ? applySeed(again, plan.begun) : again;
  return keepContext ? { ...fitted, context: plan.context } : fitted;
}

/** A plan without the step of a binding. */
export const removeBinding = (plan: Plan, binding: string): Plan => ({
  ...plan,
  steps: plan.steps.filter((step) => !('binding' in step && step.binding === binding)),
});

/** Who is asking, as far as a flow's authentication requirement cares. */
export interface Visitor {
  readonly authenticated: boolean;
  readonly superuser: boolean;
  readonly outpost: boolean;
}

/**
 * Whether a flow's authentication requirement admits the visitor (docs/spec/executor.md#authentication-requirement).
 */
export function meetsRequirement(requirement: FlowVersion['flow']['authentication'], visitor: Visitor): boolean {
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
  }
}
