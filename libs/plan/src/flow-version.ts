import { attachedStage, configuredPolicy, stageDescriptor } from '@gatehouse/contracts';
import { z } from 'zod';

const policyBinding = z.object({
  id: z.string(),
  order: z.int().default(0),
  enabled: z.boolean(),
  negate: z.boolean(),
  timeout_s: z.number(),
  /** Whether the binding passes when its policy cannot decide. */
  failure_result: z.boolean(),
  /** Id of the policy, in a binding of a policy. Any other binding has the id of a `group` or of a `user`. */
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
   * apart, so that code that does not know them ignores them. Absent if there are none.
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
export const LAYOUTS = ['stacked', 'content_left', 'content_right', 'sidebar_left', 'sidebar_right'] as const;
export const DENIED_ACTIONS = ['message_continue', 'message', 'continue'] as const;
export const REQUIREMENTS = [
  'none',
  'require_authenticated',
  'require_unauthenticated',
  'require_superuser',
  'require_outpost',
] as const;
export const INVALID_RESPONSE_ACTIONS = ['retry', 'restart', 'restart_with_context'] as const;

const flow = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  title: z.string(),
  designation: z.enum(DESIGNATIONS),
  /** Background of the flow's pages. Default: the background of the brand. `layout` has the same default. */
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
 * A stage that other stages refer to. A stage that refers to it must not get its secrets, so they are apart from
 * `config`. Only a stage that has it as a companion gets them.
 */
const attachedStageWithSecrets = attachedStage.extend({ secrets: z.record(z.string(), z.unknown()).exactOptional() });

/**
 * A published flow with everything that a running plan needs. Immutable (docs/spec/plan.md#flow-versions).
 */
export const flowVersion = z.object({
  v: z.literal(1),
  flow,
  /** Policies that decide whether the flow applies to a visitor. */
  guard: policySet,
  /** The flow's steps, sorted by order and then by binding id. */
  steps: z.array(boundStage),
  /** Stages that a step's config refers to, by stage id. */
  attached: z.record(z.string(), attachedStageWithSecrets),
  /** Stages of the kinds that the contracts of the steps list as companions, by stage id. */
  companions: z.record(z.string(), attachedStageWithSecrets).default({}),
  /** All policies that the policy sets of this version use, by policy id. */
  policies: z.record(z.string(), configuredPolicy).default({}),
  /** Descriptors of external stages at the time when the version was published, by kind. */
  descriptors: z.record(z.string(), stageDescriptor).default({}),
});
export type FlowVersion = z.output<typeof flowVersion>;
