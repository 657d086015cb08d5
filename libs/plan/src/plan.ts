import { insert, isLocalPath, message, planContext, toUri } from '@gatehouse/contracts';
import { z } from 'zod';
import { recordedVerdict } from './recorded-verdict.js';
import { type ShadowVerdict, shadowVerdict } from './shadow-conditions.js';
import { storedFacts } from './stored-facts.js';

/** The format of stored plans. A loaded plan with another format is ignored. */
const PLAN_VERSION = 1;

const jsonObject = z.record(z.string(), z.unknown());
const plannedStep = z.union([
  z.object({ binding: z.string() }),
  z.object({ id: z.string(), attached: z.string() }),
  z.object({ id: z.string(), kind: z.string(), config: jsonObject }),
]);

/**
 * A step that the plan has left, or whose answer was refused. Entries of the previous version have no kind and no
 * stage.
 */
const trailEntry = z.object({
  step: z.string(),
  kind: z.string().optional(),
  stage: z.string().optional(),
  outcome: z.string(),
  at: z.string(),
  ms: z.number(),
});

const journeyClient = z.object({ browser: z.string(), device: z.string(), language: z.string() });
/** A client's browser family, kind of device and language. */
export type JourneyClient = z.output<typeof journeyClient>;

/** How a plan ended: with a destination, or with the message of a denial and the code of its reason. */
const ending = z.union([z.object({ to: z.string() }), z.object({ denied: message, reason: z.string().optional() })]);
export type PlanEnding = z.output<typeof ending>;

/**
 * The part of a plan that is encrypted when it is stored (docs/spec/plan.md#stored-plan). Steps of the flow version are
 * in it by reference, without their configs.
 */
export const planBody = z.object({
  v: z.literal(PLAN_VERSION),
  steps: z.array(plannedStep),
  cursor: z.int(),
  context: storedFacts,
  /** The state of each step by step id. `user` is the pending user for whom it was stored (see `userKey`). */
  states: z.record(z.string(), z.object({ user: z.string().nullable(), state: jsonObject })),
  /** The verdict of the current step's policies, by step id. Empty as long as they are not evaluated. */
  verdicts: z.record(z.string(), z.object({ pass: z.boolean(), messages: z.array(z.string()) })).default({}),
  /** The step whose challenge was shown, and that challenge. Only this step accepts an answer. */
  shown: z.object({ step: z.string(), challenge: jsonObject }).optional(),
  /** The destination after the flow that the visitor has requested last. Stored unchecked: see `destination`. */
  next: z.string().optional(),
  query: z.record(z.string(), z.string()),
  /**
   * uuid of the user who runs the plan: the user of the API token, else of the session, also after a login in this
   * plan. Null for an anonymous visitor.
   */
  visitor: z.string().nullable(),
  /** Number of judged answers. It is a part of the shown step's id, so that each answer changes that id. */
  answers: z.int().default(0),
  restarts: z.int(),
  /**
   * Number of restarts since a challenge was last shown. It is limited by `MAX_SILENT_RESTARTS`, so that no flow loops
   * forever.
   */
  silent_restarts: z.int().default(0),
  /** The seed: facts and steps with which the plan started besides its flow's own steps. A restart restores them. */
  begun: z.object({ context: planContext, insert: insert.optional() }).optional(),
  /**
   * Set if the plan adds a user to the logins of the browser (`add`), or switches the browser to the session of another
   * user (`switch`). `from`: uuid of the user who has started the plan. `session`: id of the session to switch to. The
   * previous version of Gatehouse drops this field, and the plan then ends without a switch
   * (docs/spec/sessions.md#user-switching).
   */
  user_switch: z.object({ action: z.enum(['add', 'switch']), from: z.uuid(), session: z.uuid().optional() }).optional(),
  /**
   * `token`: hash of the resume token of the mailed link that continued the plan. `confirmed`: whether an answer has
   * used the link up. `consent`: until then, the token of the question whether to continue (docs/adr/0064). The
   * previous version of Gatehouse drops `consent`, and asks without it.
   */
  resumed: z.object({ token: z.string(), confirmed: z.boolean(), consent: z.string().optional() }).optional(),
  /**
   * uuid of the saved user who has proved a credential in this plan, or whom a mailed link, a source or a session has
   * proved. Until the plan restarts, policies cannot replace this user. A stage can replace the user only by creating
   * one or by verifying another user's credential (docs/adr/0033).
   */
  proved_user: z.string().optional(),
  /**
   * uuid of the user whom a stage claims to have created in this plan. If that user is a superuser, no step may log in
   * or change the user (`ClaimedUserGuard`).
   */
  created_user: z.string().optional(),
  /**
   * uuid of the saved user whom a policy last set as the pending user in place of another user. If the new user is a
   * superuser, no step may log in or change that user until the user's credential is proved (docs/adr/0033).
   */
  named_by_policy: z.string().optional(),
  /** True once a policy has set the plan's mail address. A mailed link or code then does not prove the user. */
  mail_by_policy: z.boolean().optional(),
  /**
   * The cross-site mark: set when a request from another site started the plan, or continued it by a GET of the
   * executor. Removed when the visitor answers. As long as it is set, the visitor must confirm the first step with side
   * effects by an answer that contains `token` (docs/adr/0034).
   */
  cross_site: z.object({ token: z.string() }).optional(),
  /**
   * Id of the next work of a stage that writes data. A retry sends the same id, so that the stage writes nothing twice
   * (docs/adr/0023).
   */
  work: z.string().optional(),
  ended: ending.optional(),
  /**
   * The newest verdicts of shadow conditions, MAX_SHADOW_VERDICTS at most, oldest first, for the flow inspector
   * (docs/spec/policies.md#shadow-conditions).
   */
  shadow_verdicts: z.array(shadowVerdict.extend({ target: z.string() })).exactOptional(),
  trail: z.array(trailEntry),
  /**
   * The last result of each policy binding that was evaluated in this plan, by binding id, before the binding's
   * `negate` is applied.
   */
  judged: z.record(z.string(), recordedVerdict).optional(),
  /** Rough properties of the client that started the plan, for the journey record (docs/spec/journeys.md). */
  client: journeyClient.optional(),
});
export type PlanBody = z.output<typeof planBody>;
export type PlannedStep = z.output<typeof plannedStep>;

/** What a plan does to the logins of its browser. */
export type UserSwitch = NonNullable<PlanBody['user_switch']>;

/** A visitor's progress in a flow. Plans are immutable; the functions of this library return changed copies. */
export interface Plan extends Omit<PlanBody, 'context'> {
  readonly id: string;
  readonly context: z.output<typeof planContext>;
}

/** Returns a plan without steps, for an anonymous visitor. */
export const emptyPlan = (id: string): Plan => ({
  id,
  v: PLAN_VERSION,
  steps: [],
  cursor: 0,
  context: {},
  states: {},
  verdicts: {},
  query: {},
  visitor: null,
  answers: 0,
  restarts: 0,
  silent_restarts: 0,
  trail: [],
});

/**
 * Returns the ended plan. It keeps only what repeated requests and the inspector need: the ending, and the trail and
 * the shadow verdicts, which contain no data of the visitor.
 */
export const endPlan = ({ id, trail, shadow_verdicts: verdicts }: Plan, ended: PlanEnding): Plan => ({
  ended,
  ...emptyPlan(id),
  trail,
  ...(verdicts && { shadow_verdicts: verdicts }),
});

const MAX_SHADOW_VERDICTS = 20;

/**
 * Returns the plan with the verdicts of shadow conditions. `target` is what they are bound to: the id of a step,
 * `guard` for the flow, or `access` for an application.
 */
export function withShadowVerdicts(plan: Plan, target: string, verdicts: readonly ShadowVerdict[]): Plan {
  if (verdicts.length === 0) return plan;
  const added = verdicts.map((verdict) => ({ ...verdict, target }));
  return { ...plan, shadow_verdicts: [...(plan.shadow_verdicts ?? []), ...added].slice(-MAX_SHADOW_VERDICTS) };
}

/**
 * Returns the redirect at the end of a plan: to the fact `redirect`, else `next`, else `/`. If `next` is not a local
 * path, returns it as `invalid`.
 */
export function destination(plan: Plan): { to: string } | { invalid: string } {
  if (plan.context.redirect) return { to: toUri(plan.context.redirect) };
  const next = plan.next ?? '/';
  return isLocalPath(next) ? { to: toUri(next) } : { invalid: next };
}
