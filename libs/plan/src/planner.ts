import type { FlowVersion } from './flow-version.js';
import { emptyPlan, insertSteps, type Plan } from './plan.js';

/** Restarts of one plan after which the visitor is denied, so that no binding can loop for ever. */
export const MAX_RESTARTS = 8;

/** A fresh plan of a flow version, before its first step. */
export const draw = (version: FlowVersion, id: string): Plan => ({
  ...emptyPlan(id),
  steps: version.steps.map((step) => ({ binding: step.id })),
});

/** What a plan begins with beside its flow: facts, and steps before its first or after its last. */
export type Outfit = NonNullable<Plan['begun']>;

/** Stands for whoever begins a plan, in the ids of the steps that they add. */
const BEGINNER = { id: 'begun', index: -1 };

/** A plan that has yet to begin, with what it begins with. */
export const fitOut = (plan: Plan, begun: Outfit): Plan => ({
  ...insertSteps(plan, BEGINNER, begun.insert),
  context: { ...plan.context, ...begun.context },
  begun,
});

/**
 * Plans again on the same version: steps that were added on the way are gone, states stay, the context if it is to be kept;
 * what the plan began with is there again.
 */
export function drawAgain(plan: Plan, version: FlowVersion, { keepContext }: { keepContext: boolean }): Plan {
  const { shown: _gone, ...kept } = plan;
  const again: Plan = {
    ...kept,
    steps: draw(version, plan.id).steps,
    cursor: 0,
    context: {},
    verdicts: {},
    // Ids of dynamic steps are used again: a new one must not inherit what another remembered.
    states: Object.fromEntries(Object.entries(plan.states).filter(([step]) => !step.includes('~'))),
    restarts: plan.restarts + 1,
  };
  const fitted = plan.begun ? fitOut(again, plan.begun) : again;
  return keepContext ? { ...fitted, context: plan.context } : fitted;
}

/** A plan without the step of a binding. */
export const leaveOut = (plan: Plan, binding: string): Plan => ({
  ...plan,
  steps: plan.steps.filter((step) => !('binding' in step && step.binding === binding)),
});

/** Who is asking, as far as a flow's authentication requirement cares. */
export interface Visitor {
  readonly authenticated: boolean;
  readonly superuser: boolean;
  readonly outpost: boolean;
}

/** Whether a flow's authentication requirement admits the visitor (01-executor §3.2). */
export function admits(requirement: FlowVersion['flow']['authentication'], visitor: Visitor): boolean {
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
