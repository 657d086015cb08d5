import { z } from 'zod';
import { API_VERSIONS, DEFAULT_API_VERSION } from './api-version.js';
import { designation } from './envelope.js';
import { user } from './plan-context.js';
import { signedInApplication } from './signed-in-application.js';

const bag = z.record(z.string(), z.unknown());

/** Version of the envelope. Only a change that is not backward compatible increases the version. */
export const PROTOCOL_VERSION = 1;

/** A stage that the config of a step refers to, without its secrets, or a companion with its secrets. */
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
  /**
   * Id of the request, which starts with the plan's id and a dot. A retry for the same work has the same id, so that
   * the stage can be idempotent.
   */
  id: z.string(),
  /** Milliseconds that are left for the reply, counted from the receipt of the request. */
  timeout_ms: z.number(),
  /**
   * The visitor's language, for texts: a supported language without a region, such as `de`. Never empty; `en` if the
   * visitor has no supported language.
   */
  locale: z.string(),
  /**
   * True if the gateway accepts toasts from every kind of stage, in every reply. Gateways before 1.0 do not send this
   * member.
   */
  toasts: z.boolean().exactOptional(),
  flow: z.object({ id: z.string().optional(), slug: z.string(), title: z.string(), designation }),
  /** `stage` is the id of the bound stage, or the id of the step if the step was inserted at run time. */
  step: z.object({
    id: z.string(),
    name: z.string(),
    confirmed: z.boolean(),
    stage: z.string().exactOptional(),
    /** True for an embedded stage. The host shows the form, and the embedded stage gets one field of the response. */
    embedded: z.boolean().exactOptional(),
    /** True if a rejection restarts the flow, so that a challenge in the rejection would never be shown. */
    starts_over: z.boolean().exactOptional(),
    /** True if policies are bound to the step. Gateways before 1.0 do not send this member. */
    conditional: z.boolean().exactOptional(),
    /**
     * For a stage with `consent: 'needed'`: whether the response in this HTTP request gave the consent, and no other
     * step was answered after it. Never true on a GET. Gateways before 1.0 do not send this member.
     */
    consented: z.boolean().exactOptional(),
  }),
  site: z.object({
    base_url: z.string(),
    rp_id: z.string(),
    /**
     * Origins other than that of `base_url` whose pages may use the passkeys of `rp_id`. Gateways before 1.0 do not
     * send this member.
     */
    passkey_origins: z.array(z.string()).readonly().exactOptional(),
    brand: z.string(),
    /** The API line that the gateway speaks. Gateways before 1.0 do not send this member. */
    api_version: z.enum(API_VERSIONS).default(DEFAULT_API_VERSION),
    /** Slugs of the flows that stages link to, by designation. */
    flows: z.object({ recovery: z.string().optional() }).default({}),
  }),
  client: z.object({
    ip: z.string(),
    user_agent: z.string(),
    outpost: z.boolean(),
    cookies: z.record(z.string(), z.string()),
  }),
  session: z.object({
    user: user.nullable(),
    /** Whether the session's user was verified by an authenticator at a recent login. */
    proved: z.boolean().exactOptional(),
    /**
     * `pk` of each device of the session's user that was recently proved in this session
     * (docs/spec/sessions.md#proofs).
     */
    proved_devices: z.array(z.int()).exactOptional(),
    /**
     * Whether the stage has remembered this browser as a device of the pending user. Only stages that log in get it.
     * Gateways before 1.0 do not send this member.
     */
    known_device: z.boolean().exactOptional(),
    /**
     * The applications to which the session has signed in and that a logout must notify. Only stages that log out get
     * it. Gateways before 1.0 do not send this member.
     */
    applications: z.array(signedInApplication).exactOptional(),
  }),
  /**
   * Set in the preview of a flow version. The stage then knows only the user with this uuid, sends nothing, and asks
   * policies for a preview too (docs/spec/preview.md).
   */
  preview: z.object({ user: z.uuid() }).exactOptional(),
  /** Query of the flow page without the flow token. */
  query: z.record(z.string(), z.string()),
  config: bag,
  /** Stages that the step's config refers to, by config field, or by `<field>.<index>` for a list. */
  attached: z.record(z.string(), attachedStage),
  /** All stages of the contract's companion kinds, by stage id, with their secrets. */
  companions: z.record(z.string(), attachedStage).default({}),
  context: bag,
  state: bag.optional(),
  response: bag.optional(),
});
export type StageRequest = z.output<typeof stageRequest>;
