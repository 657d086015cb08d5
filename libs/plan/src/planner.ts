import type { FlowVersion } from './flow-version.js';
import { emptyPlan, type Plan } from './plan.js';

/** Restarts of one plan after which the visitor is denied, so that no binding can loop for ever. */
export const MAX_RESTARTS = 8;

/** A fresh plan of a flow version, before its first step. */
export const draw = (version: FlowVersion, id: string): Plan => ({
  ...emptyPlan(id),
  steps: version.steps.map((step) => ({ binding: step.id })),
});

/** Plans again on the same version: dynamic steps are gone, states stay, the context if it is to be kept. */
export function drawAgain(plan: Plan, version: FlowVersion, { keepContext }: { keepContext: boolean }): Plan {
  const { shown: _gone, ...kept } = plan;
  return {
    ...kept,
    steps: draw(version, plan.id).steps,
    cursor: 0,
    context: keepContext ? plan.context : {},
    verdicts: {},
    // Ids of dynamic steps are used again: a new one must not inherit what another remembered.
    states: Object.fromEntries(Object.entries(plan.states).filter(([step]) => !step.includes('~'))),
    restarts: plan.restarts + 1,
  };
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
