import type { FlowVersion, PolicySet } from './flow-version.js';
import type { Plan } from './plan.js';
import type { PolicyVerdict } from './policy-set.js';
import { type InsertionPoint, withoutBinding } from './steps.js';

/** A policy set whose decision is needed to plan a flow. */
export interface PlanningQuestion {
  readonly plan: Plan;
  readonly set: PolicySet;
  /** The position in the plan after which policies insert steps. Index -1 means before the first step. */
  readonly insertAt: InsertionPoint;
  /** The kind of the step that has this policy set; `undefined` for the policies of the flow itself. */
  readonly kind: string | undefined;
}

/** The verdict of a policy set, and the plan with the changes that its policies requested. */
export type PlanningDecision = Pick<PolicyVerdict, 'pass' | 'messages'> & { readonly plan: Plan };

/** The planned flow: a plan, or the messages of the flow's policies that refused the visitor. */
export type PlannedFlow = { readonly plan: Plan } | { readonly refused: readonly string[] };

/**
 * Plans a flow before its first step (docs/spec/executor.md#planning). Yields one policy set after the other; the
 * caller passes the decision about it to `next()`. Returns the plan without the steps that policies exclude.
 */
export function* planFlow(
  version: FlowVersion,
  plan: Plan,
): Generator<PlanningQuestion, PlannedFlow, PlanningDecision> {
  const insertAt = { id: 'guard', index: -1 };
  const guard = yield { plan, set: version.guard, insertAt, kind: undefined };
  if (!guard.pass) return { refused: guard.messages };
  let planned = guard.plan;
  for (const { id, stage, evaluate_on_plan, policies: set } of version.steps) {
    if (!evaluate_on_plan) continue;
    const index = planned.steps.findIndex((step) => 'binding' in step && step.binding === id);
    const decision = yield { plan: planned, set, insertAt: { id, index }, kind: stage.kind };
    planned = decision.pass ? decision.plan : withoutBinding(decision.plan, id);
  }
  return { plan: planned };
}
