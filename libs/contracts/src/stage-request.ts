import { z } from 'zod';
import { designation } from './envelope.js';
import { user } from './plan-context.js';

const bag = z.record(z.string(), z.unknown());

/** Version of the envelope. It only rises for a change that is not backward compatible. */
export const PROTOCOL_VERSION = 1;

/** A stage that the config of a step refers to, without its secrets. */
export const attachedStage = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  model: z.string(),
  config: bag,
});
export type AttachedStage = z.output<typeof attachedStage>;

/** Request of the gateway to a stage (docs/spec/bus-protocol.md#request). Unknown members are ignored. */
export const stageRequest = z.object({
  v: z.literal(PROTOCOL_VERSION),
  /** `<plan>.…`. A repeated request for the same work has the same id, so that it is idempotent. */
  id: z.string(),
  /** Milliseconds that remain, counted from receipt. */
  timeout_ms: z.number(),
  locale: z.string(),
  flow: z.object({ id: z.string().optional(), slug: z.string(), title: z.string(), designation }),
  /** `stage` is the id of the bound stage, or the id of the step if the step was inserted at run time. */
  step: z.object({
    id: z.string(),
    name: z.string(),
    confirmed: z.boolean(),
    stage: z.string().exactOptional(),
    /** True for an embedded step. Its host shows the form and passes on one field of the response. */
    embedded: z.boolean().exactOptional(),
    /** True if a rejection restarts the flow, so that its challenge is never shown. */
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
  /** `proved`: whether the user proved a device at a recent login. */
  session: z.object({ user: user.nullable(), proved: z.boolean().exactOptional() }),
  /** Query of the flow page without the flow token. */
  query: z.record(z.string(), z.string()),
  config: bag,
  /** Stages by config field, or by `<field>.<index>` for a list. */
  attached: z.record(z.string(), attachedStage),
  /** By id, with secrets: all stages of the contract's companion kinds. */
  companions: z.record(z.string(), attachedStage).default({}),
  context: bag,
  state: bag.optional(),
  response: bag.optional(),
});
export type StageRequest = z.output<typeof stageRequest>;
