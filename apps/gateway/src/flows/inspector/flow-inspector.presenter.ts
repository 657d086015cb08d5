import { maskByKey, planContext, redact, type User } from '@gatehouse/contracts';
import type { StageContractRegistry } from '@gatehouse/executor';
import { type FlowVersion, type Plan, type Step, stepsOf } from '@gatehouse/plan';
import { flowDiagramOf } from './flow-diagram.js';
import type { FlowInspection, FlowInspectorPlan, FlowStageBinding } from './flow-inspection.dto.js';

/** A run to inspect. */
interface InspectedRun {
  readonly plan: Plan;
  readonly version: FlowVersion;
  readonly contracts: StageContractRegistry;
  readonly sessionId: string;
}

/**
 * Returns the inspection of a run, or undefined for a run that ended before any step passed
 * (docs/spec/executor.md#inspector).
 */
export function presentInspection(inspected: InspectedRun): FlowInspection | undefined {
  const { plan, version } = inspected;
  const steps = stepsOf(plan, version);
  const indexOf = (id: string) => steps.findIndex((step) => step.id === id);
  const passed = plan.trail.filter(({ outcome }) => outcome === 'passed').map(({ step }) => indexOf(step));
  const plans = passed.filter((index) => index >= 0).map((index) => planAt(inspected, { steps, index, context: {} }));
  const current = plan.ended
    ? plans.at(-1)
    : planAt(inspected, { steps, index: plan.cursor, context: redactedContext(plan.context) });
  if (!current) return undefined;
  const trail = plan.trail.map((entry) => {
    const { name = entry.step, kind = '' } = steps[indexOf(entry.step)] ?? {};
    return { ...entry, name, kind };
  });
  const diagram = flowDiagramOf(plan, version);
  return {
    ...{ plans, current_plan: current, is_completed: plan.ended !== undefined, steps: diagram, trail },
    shadow_verdicts: plan.shadow_verdicts ?? [],
  };
}

interface StepPosition {
  readonly steps: readonly Step[];
  readonly index: number;
  readonly context: FlowInspectorPlan['plan_context'];
}

const planAt = (inspected: InspectedRun, { steps, index, context }: StepPosition): FlowInspectorPlan => ({
  current_stage: bindingOf(inspected, steps[index]),
  next_planned_stage: bindingOf(inspected, steps[index + 1]),
  plan_context: context,
  session_id: inspected.sessionId,
});

/** The placeholder binding of a step that was inserted at run time, and of a missing next step. */
const PLACEHOLDER_BINDING = {
  evaluate_on_plan: false,
  re_evaluate_policies: false,
  order: 0,
  policy_engine_mode: 'any',
  invalid_response_action: 'retry',
} as const;

/** Returns the binding of a step. All fields are empty if there is no step. */
function bindingOf({ version, contracts }: InspectedRun, step: Step | undefined): FlowStageBinding {
  const { id = '', name = '', kind } = step ?? {};
  const binding = version.steps.find((candidate) => candidate.id === id);
  const stage = binding?.stage.id ?? id;
  return {
    pk: id,
    policybindingmodel_ptr_id: id,
    target: step ? version.flow.id : '',
    stage,
    stage_obj: { pk: stage, name, ...kindOf(kind, { version, contracts }), flow_set: [] },
    ...(binding ? settingsOf(binding) : PLACEHOLDER_BINDING),
  };
}

const settingsOf = (binding: FlowVersion['steps'][number]) => ({
  evaluate_on_plan: binding.evaluate_on_plan,
  re_evaluate_policies: binding.re_evaluate_policies,
  order: binding.order,
  policy_engine_mode: binding.policies.mode,
  invalid_response_action: binding.invalid_response_action,
});

function kindOf(kind: string | undefined, { version, contracts }: Pick<InspectedRun, 'version' | 'contracts'>) {
  if (kind === undefined) return { component: '', verbose_name: '', verbose_name_plural: '', meta_model_name: '' };
  const words = kind.split('_');
  const name = [...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)), 'Stage'].join(' ');
  return {
    component: `ak-stage-${words.join('-')}-form`,
    verbose_name: name,
    verbose_name_plural: `${name}s`,
    meta_model_name: contracts.find(kind, version)?.model ?? '',
  };
}

/** Returns the facts of a plan with secrets masked. The schema or the name of a fact marks it as secret. */
function redactedContext(context: Plan['context']): Record<string, unknown> {
  const shown = Object.entries(redact(planContext, context)).map(([key, value]) => [key, redactedFact(key, value)]);
  return maskByKey(Object.fromEntries(shown)) as Record<string, unknown>;
}

const MODELS: Readonly<Record<string, string>> = { application: 'application', source: 'source' };

function redactedFact(key: string, value: unknown): unknown {
  if (key === 'pending_user') return redactedUser(value as User);
  if (!Object.hasOwn(MODELS, key) || value === null || typeof value !== 'object') return value;
  const { pk, name } = value as { readonly pk?: unknown; readonly name?: unknown };
  return { app: 'authentik_core', model_name: MODELS[key], pk, name };
}

const redactedUser = (user: User) => ({
  username: user.username,
  pk: user.kind === 'saved' ? user.pk : null,
  email: user.email,
});
