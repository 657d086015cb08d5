import type { AttemptRule, Insert } from '@gatehouse/contracts';
import type { FlowVersion, PolicySet } from './flow-version.js';
import type { Plan, PlannedStep } from './plan.js';
import type { PolicyVerdict } from './policy-set.js';
import { hasConditions } from './shadow-conditions.js';

/** A step of a plan, resolved: with the stage that the flow version defines. */
export interface Step {
  readonly id: string;
  readonly name: string;
  /** Id of the stage. A step that was inserted by kind has no stage in a blueprint; this is then the id of the step. */
  readonly stage: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly onRefusal: 'retry' | 'restart' | 'restart_with_context';
  /** Policies that are evaluated when the step becomes current; `undefined` if it has none. */
  readonly policies: PolicySet | undefined;
}

/** Returns the step at the cursor; `undefined` at the end of the plan. */
export function currentStep(plan: Plan, version: FlowVersion): Step | undefined {
  const planned = plan.steps[plan.cursor];
  return planned && stepOf(planned, version);
}

/**
 * Returns all steps of a plan in order. For an ended plan, which stores no steps, returns those of the flow version.
 */
export const stepsOf = (plan: Plan, version: FlowVersion): Step[] =>
  plan.ended
    ? version.steps.map(({ id }) => stepOf({ binding: id }, version))
    : plan.steps.map((planned) => stepOf(planned, version));

function stepOf(planned: PlannedStep, version: FlowVersion): Step {
  const inserted = { onRefusal: 'retry', policies: undefined } as const;
  if ('kind' in planned) return { ...planned, ...inserted, name: planned.kind, stage: planned.id };
  if ('attached' in planned) {
    const stage = version.attached[planned.attached];
    if (!stage) throw new Error(`the flow version has no attached stage ${planned.attached}`);
    const { name, kind, config, secrets } = stage;
    return { ...inserted, id: planned.id, stage: planned.attached, name, kind, config: { ...config, ...secrets } };
  }
  const bound = version.steps.find((step) => step.id === planned.binding);
  if (!bound) throw new Error(`the flow version has no binding ${planned.binding}`);
  const { name, kind, config } = bound.stage;
  const policies = bound.re_evaluate_policies && hasConditions(bound.policies) ? bound.policies : undefined;
  const { id: stage } = bound.stage;
  return { id: bound.id, stage, name, kind, config, onRefusal: bound.invalid_response_action, policies };
}

/**
 * Returns the policies to evaluate before the step; `undefined` if it has none, if the plan already contains their
 * verdict, or if the step's challenge was shown.
 */
export function pendingPolicies(plan: Plan, step: Step): PolicySet | undefined {
  const isDecided = Object.hasOwn(plan.verdicts, step.id) || plan.shown?.step === step.id;
  return isDecided ? undefined : step.policies;
}

/**
 * Returns the plan with the verdict of the current step's policies. If they do not pass, returns the plan at the next
 * step.
 */
export function enterStep(plan: Plan, step: Step, { pass, messages }: Pick<PolicyVerdict, 'pass' | 'messages'>): Plan {
  if (!pass) return leaveStep(plan);
  return { ...plan, verdicts: { [step.id]: { pass, messages: [...messages] } } };
}

/** Returns the plan at the next step, without the shown challenge and the verdict of the current step. */
function leaveStep(plan: Plan): Plan {
  return { ...plan, shown: undefined, verdicts: {}, cursor: plan.cursor + 1 };
}

/**
 * Returns the plan after a step has passed. If the reply inserts steps `before` that step, the plan continues with
 * them, and then repeats the step.
 */
export function afterStep(plan: Plan, insert: Insert | undefined): Plan {
  const comesAgain = insert?.where === 'before' && insert.steps.length > 0;
  return comesAgain ? { ...leaveStep(plan), cursor: plan.cursor } : leaveStep(plan);
}

/**
 * Whether the step accepts an answer. The plan's first step accepts an answer even before its challenge was requested,
 * unless the answer chooses an item of the challenge. A later step accepts an answer only after its challenge was
 * shown.
 */
export function acceptsAnswer({ shown, trail }: Plan, step: Step, attempts: readonly AttemptRule[] = []): boolean {
  if (shown) return shown.step === step.id;
  return trail.every(({ outcome }) => outcome === 'skipped') && !attempts.some(({ pick }) => pick);
}

/** Where steps are inserted: `index` in the plan, and the `id` of the step or policy set that inserts them. */
export interface InsertionPoint {
  readonly id: string;
  readonly index: number;
}

/**
 * Returns the plan with steps inserted before or after the insertion point, or at the end. Each inserted step gets an
 * id of its own.
 */
export function insertSteps(plan: Plan, { id, index }: InsertionPoint, insert: Insert | undefined): Plan {
  if (!insert || insert.steps.length === 0) return plan;
  const count = plan.steps.filter((planned) => 'id' in planned && planned.id.startsWith(`${id}~`)).length;
  const added = insert.steps.map((step, i): PlannedStep => ({ id: `${id}~${count + i + 1}`, ...step }));
  const at = { before: index, next: index + 1, last: plan.steps.length }[insert.where];
  return { ...plan, steps: [...plan.steps.slice(0, at), ...added, ...plan.steps.slice(at)] };
}

/** Returns the plan without the step that has this binding. */
export const withoutBinding = (plan: Plan, binding: string): Plan => ({
  ...plan,
  steps: plan.steps.filter((step) => !('binding' in step && step.binding === binding)),
});
