import { attachedStage, configuredPolicy, stageDescriptor } from '@gatehouse/contracts';
import { z } from 'zod';

const policyBinding = z.object({
  id: z.string(),
  order: z.int().default(0),
  enabled: z.boolean(),
  negate: z.boolean(),
  timeout_s: z.number(),
  /** The result of the binding if its policy throws or takes too long. */
  failure_result: z.boolean(),
  /** Id of the policy, if the binding is of a policy. Other bindings have the id of a `group` or of a `user`. */
  policy: z.string().optional(),
  group: z.string().optional(),
  user: z.string().optional(),
});

/** Policy bindings with the mode that combines them (docs/spec/policies.md#policy-sets). */
export const policySet = z.object({
  mode: z.enum(['any', 'all']),
  bindings: z.array(policyBinding),
  /**
   * Bindings that are evaluated and recorded, but never enforced (docs/spec/policies.md#shadow-conditions). They are
   * not in `bindings`, so that an older gateway, which does not know `shadow`, cannot enforce them. Absent if there are
   * none.
   */
  shadow: z.array(policyBinding).exactOptional(),
});
export type PolicySet = z.output<typeof policySet>;

export const DESIGNATIONS = [
  'authentication',
  'authorization',
  'invalidation',
  'enrollment',
  'unenrollment',
  'recovery',
  'stage_configuration',
] as const;
/** Layouts that authentik has had since 2026.8. They show the background in a frame beside the card. */
export const FRAME_LAYOUTS = ['sidebar_left_frame_background', 'sidebar_right_frame_background'] as const;
export const LAYOUTS = [
  'stacked',
  'content_left',
  'content_right',
  'sidebar_left',
  'sidebar_right',
  ...FRAME_LAYOUTS,
] as const;
export const DENIED_ACTIONS = ['message_continue', 'message', 'continue'] as const;
/** Requirements that the visitor comes by a redirect stage or a mailed link. authentik has had them since 2026.8. */
export const ARRIVAL_REQUIREMENTS = ['require_redirect', 'require_token'] as const;
export const REQUIREMENTS = [
  'none',
  'require_authenticated',
  'require_unauthenticated',
  'require_superuser',
  'require_outpost',
  ...ARRIVAL_REQUIREMENTS,
] as const;
export const INVALID_RESPONSE_ACTIONS = ['retry', 'restart', 'restart_with_context'] as const;

const flow = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  title: z.string(),
  designation: z.enum(DESIGNATIONS),
  /** Background of the flow's pages. By default, `background` and `layout` are those of the brand. */
  background: z.string().optional(),
  layout: z.enum(LAYOUTS).optional(),
  denied_action: z.enum(DENIED_ACTIONS),
  authentication: z.enum(REQUIREMENTS),
});

const boundStage = z.object({
  /** Id of the binding. */
  id: z.string(),
  order: z.int(),
  stage: z.object({ id: z.string(), name: z.string(), kind: z.string(), config: z.record(z.string(), z.unknown()) }),
  evaluate_on_plan: z.boolean(),
  re_evaluate_policies: z.boolean(),
  invalid_response_action: z.enum(INVALID_RESPONSE_ACTIONS),
  policies: policySet,
});

/**
 * A stage that other stages refer to. Its secrets are not in `config`, because a stage that refers to it must not get
 * them. Only a stage that has it as a companion does.
 */
const attachedStageWithSecrets = attachedStage.extend({ secrets: z.record(z.string(), z.unknown()).exactOptional() });

/** A published flow with everything that a plan of it needs. Immutable (docs/spec/plan.md#flow-versions). */
export const flowVersion = z.object({
  v: z.literal(1),
  flow,
  /** Policies of the flow itself. They decide whether a visitor may run the flow. */
  guard: policySet,
  /** The flow's steps, sorted by order and then by binding id. */
  steps: z.array(boundStage),
  /** Stages to which the config of a step refers, by stage id. */
  attached: z.record(z.string(), attachedStageWithSecrets),
  /** Companions of the steps' stages, by stage id. */
  companions: z.record(z.string(), attachedStageWithSecrets).default({}),
  /** All policies to which the policy sets of this version refer, by policy id. */
  policies: z.record(z.string(), configuredPolicy).default({}),
  /** Descriptors of external stages by kind, as they were when the version was published. */
  descriptors: z.record(z.string(), stageDescriptor).default({}),
});
export type FlowVersion = z.output<typeof flowVersion>;
