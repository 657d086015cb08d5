import { includesRequirement, REQUIREMENT_PARAMETERS, requirementIn } from '@gatehouse/contracts';
import { type Plan, withProvedUser } from '@gatehouse/plan';
import { secretsEqual } from '@gatehouse/platform';
import { type ContinuedPlan, type LoadedRequest, visitorId } from './flow-context.js';
import type { FlowRequest } from './flow-request.js';
import type { PlanStore, ResumedPlan, StoredPlan } from './ports/plan-store.js';
import { hashToken } from './resume-links.js';

/** The plan that a request continues. */
export interface PlanSelection {
  /** The plan to continue; `undefined` if the request starts a new plan. */
  readonly continued: ContinuedPlan | undefined;
  /** Whether the request has the token of a link that is not valid: it was used up, has expired or never existed. */
  readonly hasInvalidLink: boolean;
}

/**
 * Selects the plan that the request continues: the plan of the resume token in the request, if the token is of this
 * flow, unused and not expired, or else the session's plan. If the token has resumed the session's plan before, selects
 * the session's plan (docs/spec/plan.md#mailed-links).
 */
export async function selectPlan(plans: PlanStore, arrival: LoadedRequest): Promise<PlanSelection> {
  const { request } = arrival;
  const stored = continuablePlan(arrival);
  const { flow_token } = request.query;
  const token = flow_token ? hashToken(flow_token) : undefined;
  const isOther = token !== undefined && !secretsEqual(stored?.plan.resumed?.token ?? '', token.toString('hex'));
  const found = isOther ? await findLinkPlan(plans, request.slug, token) : undefined;
  if (found) return { continued: { ...found, plan: resumePlan(found, token!) }, hasInvalidLink: false };
  const isLinkGone = await isUnconfirmedLinkGone(plans, stored?.plan, request.slug);
  return { continued: stored && (isLinkGone ? { ...stored, isLinkGone } : stored), hasInvalidLink: isOther };
}

/**
 * Whether a plan waits for the confirmation of a mailed link that is not valid any more: it has expired or was used up,
 * for example in another browser, or its user has another address now.
 */
export async function isUnconfirmedLinkGone(plans: PlanStore, plan: Plan | undefined, slug: string): Promise<boolean> {
  if (!plan?.resumed || plan.resumed.confirmed) return false;
  return (await findLinkPlan(plans, slug, Buffer.from(plan.resumed.token, 'hex'))) === undefined;
}

/**
 * Returns the plan of a mailed link. Returns `undefined` for a link that was used up or has expired, and for one that a
 * superuser has mailed to an address that is not its user's any more, because that mailbox may belong to another
 * person.
 */
async function findLinkPlan(plans: PlanStore, slug: string, token: Buffer): Promise<ResumedPlan | undefined> {
  const found = await plans.findResumed(slug, token);
  const address = found && mailedAddress(found.plan);
  return address === undefined || address === found?.plan.context.pending_user?.email ? found : undefined;
}

/**
 * Returns the address to which a superuser has mailed the link of a stored plan; `undefined` for a link that a stage
 * has mailed, also in a plan that was continued by a link of a superuser before. Only a superuser's link has an empty
 * step.
 */
const mailedAddress = ({ context: { is_restored: link } }: Plan): string | undefined =>
  link?.step === '' ? link.address : undefined;

/**
 * Returns the plan of a link without its shown challenge and its cross-site mark. The mark is not needed, because the
 * link asks for a confirmation anyway.
 */
function resumePlan({ plan: { shown: _shown, cross_site: _mark, ...plan }, step }: ResumedPlan, token: Buffer): Plan {
  const { pending_user: user } = plan.context;
  const address = mailedAddress(plan);
  const link = { step, user: user?.kind === 'saved' ? user.uuid : null, ...(address !== undefined && { address }) };
  return withProvedUser({
    ...plan,
    context: { ...plan.context, is_restored: link },
    resumed: { token: token.toString('hex'), confirmed: false },
  });
}

/**
 * Returns the stored plan if the request may continue it: it has not ended, it is this visitor's, and the query has no
 * other invitation token (`itoken` or `token`) and does not ask for more authentication. The visitor must be compared:
 * a login deletes the plans of other visitors, but misses a plan that is created at the same moment.
 */
function continuablePlan(arrival: LoadedRequest): StoredPlan | undefined {
  const { request, loaded } = arrival;
  const { stored } = loaded;
  if (!stored || stored.plan.ended || stored.plan.visitor !== visitorId(arrival)) return undefined;
  const { query } = request;
  const isEnough = includesRequirement(requirementIn(stored.plan.query), requirementIn(query));
  const other = ['itoken', 'token', ...(isEnough ? [] : REQUIREMENT_PARAMETERS)].filter(
    (key) => query[key] && query[key] !== stored.plan.query[key],
  );
  return other.length > 0 && !isKept(stored.plan, other, request) ? undefined : stored;
}

/**
 * Whether the plan is kept although a link on another site has a new invitation token. It is kept if it has data of its
 * visitor and was started without a token. A plan that was started with a token is replaced, because a user who is
 * invited twice may open the second link from a webmail page.
 */
const isKept = ({ query, context }: Plan, tokens: readonly string[], { crossSite }: FlowRequest): boolean =>
  crossSite !== undefined &&
  (context.pending_user !== undefined || context.prompt_data !== undefined) &&
  tokens.every((key) => !query[key]);
