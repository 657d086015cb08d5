import { z } from 'zod';
import { designation } from './envelope.js';
import { user } from './plan-context.js';

const bag = z.record(z.string(), z.unknown());

/** The version of the envelope. It rises only for a change that an old reader would get wrong. */
export const PROTOCOL_VERSION = 1;

/** A stage that a step's config points to, without its secrets. */
export const attachedStage = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  model: z.string(),
  config: bag,
});
export type AttachedStage = z.output<typeof attachedStage>;

/** What the gateway asks of a stage (docs/spec/bus-protocol.md#request). Unknown members are ignored. */
export const stageRequest = z.object({
  v: z.literal(PROTOCOL_VERSION),
  /** Begins with the plan, `<plan>.…`; the same only when the same work is asked again. */
  id: z.string(),
  /** Milliseconds that are left, counted from receipt. */
  timeout_ms: z.number(),
  locale: z.string(),
  flow: z.object({ id: z.string().optional(), slug: z.string(), title: z.string(), designation }),
  /** `stage`: the id of the stage that is bound here; of a step that somebody else has added, that of the step. */
  step: z.object({
    id: z.string(),
    name: z.string(),
    confirmed: z.boolean(),
    stage: z.string().exactOptional(),
    /** True for a step inside another one, which shows the form and passes on one field of the answer. */
    embedded: z.boolean().exactOptional(),
    /** True where a refused answer starts the flow over, so that nobody sees the challenge of a rejection. */
    starts_over: z.boolean().exactOptional(),
  }),
  site: z.object({
    base_url: z.string(),
    rp_id: z.string(),
    brand: z.string(),
    /** Slugs of the flows that stages link to, by designation. */
    flows: z.object({ recovery: z.string().optional() }).default({}),
  }),
  client: z.object({
    ip: z.string(),
    user_agent: z.string(),
    outpost: z.boolean(),
    cookies: z.record(z.string(), z.string()),
  }),
  /** `proved`: whether a device of theirs was proved when they logged in, and that is not too long ago. */
  session: z.object({ user: user.nullable(), proved: z.boolean().exactOptional() }),
  /** The inner query without its flow token. */
  query: z.record(z.string(), z.string()),
  config: bag,
  /** By config field; of a field that is a list, `<field>.<place>`. */
  attached: z.record(z.string(), attachedStage),
  /** By id, secrets included: every stage of a kind that the contract has among its companions. */
  companions: z.record(z.string(), attachedStage).default({}),
  context: bag,
  state: bag.optional(),
  response: bag.optional(),
});
export type StageRequest = z.output<typeof stageRequest>;
