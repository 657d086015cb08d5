import { attachedStage, configuredPolicy, stageDescriptor } from '@gatehouse/contracts';
import { z } from 'zod';

const policyBinding = z.object({
  id: z.string(),
  order: z.int().default(0),
  enabled: z.boolean(),
  negate: z.boolean(),
  timeout_s: z.number(),
  /** What counts when the policy cannot decide. */
  failure_result: z.boolean(),
  /** Id of one of the version's `policies`; or else of a group; or else of a user. */
  policy: z.string().optional(),
  group: z.string().optional(),
  user: z.string().optional(),
});

/** Conditions with the rule that combines them (docs/spec/policies.md#policy-sets). */
export const policySet = z.object({ mode: z.enum(['any', 'all']), bindings: z.array(policyBinding) });
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
  /** Where the flow says neither, the brand does. */
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

/** A stage that others point to; its secrets are for itself alone, so they stand beside what others see of it. */
const attachedStageWithSecrets = attachedStage.extend({ secrets: z.record(z.string(), z.unknown()).exactOptional() });

/**
 * A flow as it was when it was published: immutable, everything a running plan needs (docs/spec/plan.md#flow-versions).
 */
export const flowVersion = z.object({
  v: z.literal(1),
  flow,
  /** For whom the flow is. */
  guard: policySet,
  /** By order, then by binding id. */
  steps: z.array(boundStage),
  /** Stages that a step's config points to, by stage id. */
  attached: z.record(z.string(), attachedStageWithSecrets),
  /** Every stage of the kinds that a step's contract has among its companions, by stage id. */
  companions: z.record(z.string(), attachedStageWithSecrets).default({}),
  /** The policies that the sets name, by policy id. */
  policies: z.record(z.string(), configuredPolicy).default({}),
  /** What stages that are not the house's own promised when the version was made, by kind. */
  descriptors: z.record(z.string(), stageDescriptor).default({}),
});
export type FlowVersion = z.output<typeof flowVersion>;
