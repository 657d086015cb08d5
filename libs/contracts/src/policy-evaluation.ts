import { z } from 'zod';
import { eventPayload } from './effect.js';
import { user } from './plan-context.js';
import { insert } from './stage-reply.js';
import { stageRequest } from './stage-request.js';

const bag = z.record(z.string(), z.unknown());

/** Where policies are asked for (docs/spec/bus-protocol.md#subjects). */
export const POLICY_SUBJECT = 'policy.evaluate';

/** Events that the policies of one question may make together. */
export const MAX_POLICY_EVENTS = 100;

/** Kinds of steps that policies may add to a plan. */
export const POLICY_INSERTS: readonly string[] = ['redirect'];

/** A policy as it was configured when its flow was published. */
export const configuredPolicy = z.object({
  kind: z.string(),
  name: z.string(),
  config: bag,
  /** Ids of the policies that it may call by their names. */
  calls: z.array(z.string()).optional(),
});

/**
 * What the gateway asks of the policy service: some policies, about somebody, in one question
 * (docs/spec/bus-protocol.md#policy-evaluation).
 */
export const policyRequest = z.object({
  v: stageRequest.shape.v,
  /** `<plan>.…`, as for a stage. */
  id: z.string(),
  /** Milliseconds that are left for all of them, counted from receipt. */
  timeout_ms: z.number(),
  locale: z.string(),
  policies: z.array(
    z.object({
      id: z.string(),
      ...configuredPolicy.shape,
      /** Milliseconds after which this one has failed. */
      timeout_ms: z.number(),
      /** What it comes to is wanted, not what it thinks: an expression that fills a field in. */
      value: z.boolean().optional(),
    }),
  ),
  /** What they may call by name, beside each other. */
  callable: z.array(z.object({ id: z.string(), ...configuredPolicy.shape })).optional(),
  /** Whom the flow is about, else who is logged in; null for a stranger. */
  user: user.nullable(),
  client: stageRequest.shape.client.omit({ cookies: true }),
  /** The method that expressions see: GET where nothing is said, POST where an answer is judged or begins a flow. */
  method: z.enum(['GET', 'POST']).exactOptional(),
  site: stageRequest.shape.site,
  /** The whole context of the plan: policies are the administrator's code. Withheld from those that judge an answer alone. */
  flow_plan: z.object({ slug: z.string(), context: bag, withheld: z.boolean().exactOptional() }),
  /** What this very request has done to the reputation of names, at the client's address, and nobody has written down yet. */
  reputation: z.array(z.object({ identifier: z.string(), delta: z.int() })).optional(),
  /** What policies are given beside the plan's context, and over it. */
  context: bag,
  /** More names that expressions find; `user`, whatever is given for it, is the one above. */
  names: bag.optional(),
});
export type PolicyRequest = z.output<typeof policyRequest>;

const policyResult = z.object({
  pass: z.boolean(),
  /** What the visitor may read. */
  messages: z.array(z.string()).default([]),
  /** Why it could not decide, for the log; its binding says what that counts as. */
  error: z.string().optional(),
  /** What it came to, where that was asked for. */
  value: z.unknown().optional(),
});
export type PolicyResult = z.output<typeof policyResult>;

/** What the policies said, by policy id, and what they want of the plan. */
export const policyReply = z.object({
  results: z.record(z.string(), policyResult),
  context: z
    .object({ set: bag.default({}), unset: z.array(z.string()).default([]) })
    .default(() => ({ set: {}, unset: [] })),
  /** Added when its step is decided on: what comes before that is over. */
  insert: insert.extend({ where: z.enum(['next', 'last']) }).optional(),
  /** What they want to have happened; kept with the plan. */
  events: z.array(eventPayload).max(MAX_POLICY_EVENTS).optional(),
});
export type PolicyReply = z.output<typeof policyReply>;

/** Returns the schema of a reply about `policies`. It requires a result for each policy: a missing one would be a guess. */
export const policyReplyTo = (policies: PolicyRequest['policies']) =>
  policyReply.superRefine(({ results }, context) => {
    for (const { id, name } of policies)
      if (!Object.hasOwn(results, id)) context.addIssue(`the result of the policy ${name} is missing`);
  });
