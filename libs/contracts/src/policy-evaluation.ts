import { z } from 'zod';
import { eventPayload } from './effect.js';
import { user } from './plan-context.js';
import { insert } from './stage-reply.js';
import { stageRequest } from './stage-request.js';

const bag = z.record(z.string(), z.unknown());

/** Subject of the policy service (docs/spec/bus-protocol.md#subjects). */
export const POLICY_SUBJECT = 'policy.evaluate';

/** Largest number of events that all policies of one request may emit together. */
export const MAX_POLICY_EVENTS = 100;

/** Kinds of steps that a policy may insert into a plan. */
export const POLICY_INSERTS: readonly string[] = ['redirect'];

/** A policy with the config that it had when the flow version was published. */
export const configuredPolicy = z.object({
  kind: z.string(),
  name: z.string(),
  config: bag,
  /** Ids of the policies that this policy may call by name. */
  calls: z.array(z.string()).optional(),
});

/**
 * Request of the gateway to evaluate one or more policies for one visitor
 * (docs/spec/bus-protocol.md#policy-evaluation).
 */
export const policyRequest = z.object({
  v: stageRequest.shape.v,
  /** Id of the request, which starts with the plan's id and a dot, like the id of a stage request. */
  id: z.string(),
  /** Milliseconds that are left for all policies, counted from the receipt of the request. */
  timeout_ms: z.number(),
  locale: z.string(),
  policies: z.array(
    z.object({
      id: z.string(),
      ...configuredPolicy.shape,
      /** Milliseconds until the policy counts as failed. */
      timeout_ms: z.number(),
      /**
       * True if the policy is the expression of a form field: the result then has the expression's value instead of a
       * verdict.
       */
      value: z.boolean().optional(),
    }),
  ),
  /** Further policies that the policies above may call by name. */
  callable: z.array(z.object({ id: z.string(), ...configuredPolicy.shape })).optional(),
  /** The pending user, otherwise the user of the session. Null for an anonymous visitor. */
  user: user.nullable(),
  /**
   * The user of the session, whom expressions see as `http_request.user`; null for an anonymous visitor. Absent under
   * 2024.8, where `http_request.user` is `user`.
   */
  visitor: user.nullable().exactOptional(),
  client: stageRequest.shape.client.omit({ cookies: true }),
  /** HTTP method for expressions: POST when a response is judged or starts a flow, GET otherwise. */
  method: z.enum(['GET', 'POST']).exactOptional(),
  site: stageRequest.shape.site,
  /**
   * The flow's id and slug, and the whole plan context. Policies get all facts, because the administrator wrote the
   * policies. The validation policies of a form get only the typed values: for them `withheld` is true, and the context
   * is empty. Gateways of 1.0 and before do not send the id.
   */
  flow_plan: z.object({
    id: z.string().exactOptional(),
    slug: z.string(),
    context: bag,
    withheld: z.boolean().exactOptional(),
  }),
  /** Changes of reputation in this HTTP request that are not saved yet, of identifiers at the client's address. */
  reputation: z.array(z.object({ identifier: z.string(), delta: z.int() })).optional(),
  /**
   * Set if the verdict is only recorded (`shadow`), or shown to an operator (`preview`): policies then write nothing.
   * Policies of a preview also send nothing to other hosts.
   */
  dry_run: z.enum(['shadow', 'preview']).exactOptional(),
  /** Further context variables, which override those of the plan context. */
  context: bag,
  /** Further global variables for expressions. They cannot replace `user`. */
  names: bag.optional(),
});
export type PolicyRequest = z.output<typeof policyRequest>;

const policyResult = z.object({
  pass: z.boolean(),
  /** Messages for the visitor. */
  messages: z.array(z.string()).default([]),
  /** Error of the policy, for the log. The verdict is then the `failure_result` of the policy's binding. */
  error: z.string().optional(),
  /** The value of the expression, if the request asked for it. */
  value: z.unknown().optional(),
});
export type PolicyResult = z.output<typeof policyResult>;

/** Results by policy id, and the changes of the plan that policies request. */
export const policyReply = z.object({
  results: z.record(z.string(), policyResult),
  context: z
    .object({ set: bag.default({}), unset: z.array(z.string()).default([]) })
    .default(() => ({ set: {}, unset: [] })),
  /** Steps to insert. `before` is not allowed, because these policies decide whether their step is entered. */
  insert: insert.extend({ where: z.enum(['next', 'last']) }).optional(),
  /** Audit events, stored with the plan. */
  events: z.array(eventPayload).max(MAX_POLICY_EVENTS).optional(),
});
export type PolicyReply = z.output<typeof policyReply>;

/** Returns the schema of a reply about `policies`. It requires a result for each policy. */
export const policyReplyTo = (policies: PolicyRequest['policies']) =>
  policyReply.superRefine(({ results }, context) => {
    for (const { id, name } of policies)
      if (!Object.hasOwn(results, id)) context.addIssue(`the result of the policy ${name} is missing`);
  });
