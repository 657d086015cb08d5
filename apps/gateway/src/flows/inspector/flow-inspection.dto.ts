import { shadowVerdict } from '@gatehouse/plan';
import { z } from 'zod';

const stage = z
  .object({
    pk: z.string(),
    name: z.string(),
    /** The component of the form in which authentik edits the stage. */
    component: z.string(),
    verbose_name: z.string(),
    verbose_name_plural: z.string(),
    meta_model_name: z.string(),
    /** The flows that use the stage. Always empty, because a plan does not know the other flows of a stage. */
    flow_set: z.array(z.unknown()),
  })
  .meta({ id: 'Stage' });

const flowStageBinding = z
  .object({
    pk: z.string(),
    policybindingmodel_ptr_id: z.string(),
    /** Id of the flow. */
    target: z.string(),
    /** Id of the stage. */
    stage: z.string(),
    stage_obj: stage,
    evaluate_on_plan: z.boolean(),
    re_evaluate_policies: z.boolean(),
    order: z.int(),
    policy_engine_mode: z.enum(['any', 'all']),
    invalid_response_action: z.enum(['retry', 'restart', 'restart_with_context']),
  })
  .meta({ id: 'FlowStageBinding' });
export type FlowStageBinding = z.output<typeof flowStageBinding>;

const flowInspectorPlan = z
  .object({
    current_stage: flowStageBinding,
    /** The next step. All fields are empty if there is no next step. */
    next_planned_stage: flowStageBinding,
    /** Facts without secrets. Empty for passed steps, whose facts are not stored. */
    plan_context: z.record(z.string(), z.unknown()),
    /** SHA-256 of the session key, in hexadecimal. */
    session_id: z.string(),
  })
  .meta({ id: 'FlowInspectorPlan' });
export type FlowInspectorPlan = z.output<typeof flowInspectorPlan>;

const flowDiagram = z.array(
  z
    .object({
      step: z.string(),
      name: z.string(),
      kind: z.string(),
      /** `left_out`: not part of this run. `refused`: the run ended at this step. */
      state: z.enum(['passed', 'skipped', 'current', 'planned', 'left_out', 'refused']),
      /** Number of policies that are bound to the step. */
      policies: z.int(),
      /** Verdict of the policies of the current step; null for other steps and for steps without policies. */
      verdict: z.object({ pass: z.boolean(), messages: z.array(z.string()) }).nullable(),
      /** Number of verdicts of the stage in `trail`, and the total `ms` of all entries of the step. */
      answers: z.int(),
      ms: z.number(),
    })
    .meta({ id: 'FlowInspectorStep' }),
);
export type FlowDiagram = z.output<typeof flowDiagram>;

/** The state and the history of a run (docs/spec/executor.md#inspector). */
export const flowInspection = z
  .object({
    /** The passed steps, the oldest first. */
    plans: z.array(flowInspectorPlan),
    /** The current step, or the last passed step of an ended run. */
    current_plan: flowInspectorPlan,
    is_completed: z.boolean(),
    /** All steps of the run's flow. */
    steps: flowDiagram,
    /**
     * The last outcomes of steps, each with its time and its duration in milliseconds: verdicts of stages, and `skipped`
     * and `deferred` steps.
     */
    trail: z.array(
      z.object({
        step: z.string(),
        name: z.string(),
        kind: z.string(),
        outcome: z.string(),
        at: z.string(),
        ms: z.number(),
      }),
    ),
    /**
     * The last verdicts of shadow conditions, which are not enforced. `target` is the id of a step, or `guard` for the
     * flow and `access` for its application.
     */
    shadow_verdicts: z.array(shadowVerdict.extend({ target: z.string() })),
  })
  .meta({ id: 'FlowInspection' });
export type FlowInspection = z.output<typeof flowInspection>;
