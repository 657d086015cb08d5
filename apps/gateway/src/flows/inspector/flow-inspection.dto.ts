import { z } from 'zod';

const stage = z
  .object({
    pk: z.string(),
    name: z.string(),
    /** The form that an administrator edits it with. */
    component: z.string(),
    verbose_name: z.string(),
    verbose_name_plural: z.string(),
    meta_model_name: z.string(),
    /** The flows that use it: not known to a plan, so always empty. */
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
    /** All empty when there is none. */
    next_planned_stage: flowStageBinding,
    /** Without secrets; empty for a step of the past, whose values are not kept. */
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
      /** `left_out`: not part of this run. `refused`: the run ended there. */
      state: z.enum(['passed', 'skipped', 'current', 'planned', 'left_out', 'refused']),
      /** How many conditions are bound to it. */
      policies: z.int(),
      /** What they said when it became current; known as long as it is, null where nothing was asked. */
      verdict: z.object({ pass: z.boolean(), messages: z.array(z.string()) }).nullable(),
      /** How many answers were judged in it, and the milliseconds that they took together. */
      answers: z.int(),
      ms: z.number(),
    })
    .meta({ id: 'FlowInspectorStep' }),
);
export type FlowDiagram = z.output<typeof flowDiagram>;

/** How a run of a flow went and where it stands (docs/spec/executor.md#inspector). */
export const flowInspection = z
  .object({
    /** The steps that were passed, the oldest first. */
    plans: z.array(flowInspectorPlan),
    /** Where the run stands, or the last step that it passed. */
    current_plan: flowInspectorPlan,
    is_completed: z.boolean(),
    /** The flow of this run, step by step. */
    steps: flowDiagram,
    /** Every answer that was judged: which step, what became of it, when, and how many milliseconds it took. */
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
  })
  .meta({ id: 'FlowInspection' });
export type FlowInspection = z.output<typeof flowInspection>;
