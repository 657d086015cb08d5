import { type Plan, withProvedUser } from '@gatehouse/plan';
import { secretsEqual } from '@gatehouse/platform';
import { type ContinuedPlan, type LoadedRequest, visitorId } from './flow-context.js';
import type { FlowRequest } from './flow-request.js';
import type { PlanStore, ResumedPlan, StoredPlan } from './ports/plan-store.js';
import { hashToken } from './resume-links.js';

/**
 * The plan to go on with; undefined when a new one is to be made. A live token of this flow goes before what the session
 * has, unless that came from the same link; one that is unknown, used up or of another flow changes nothing
 * (docs/spec/plan.md#mailed-links).
 */
export async function selectPlan(plans: PlanStore, arrival: LoadedRequest): Promise<ContinuedPlan | undefined> {
  const { request } = arrival;
  const stored = continuablePlan(arrival);
  const { flow_token } = request.query;
  const token = flow_token ? hashToken(flow_token) : undefined;
  if (token && !secretsEqual(stored?.plan.resumed?.token ?? '', token.toString('hex'))) {
    const found = await plans.findResumed(request.slug, token);
    if (found) return { ...found, plan: resumePlan(found, token) };
  }
  return (await isTokenUsed(plans, stored, request)) ? undefined : stored;
}

/** A plan that nobody has confirmed is worth as much as its token, which somebody else may have used since. */
async function isTokenUsed(plans: PlanStore, stored: StoredPlan | undefined, { slug }: FlowRequest): Promise<boolean> {
  const { token, confirmed = true } = stored?.plan.resumed ?? {};
  if (confirmed || token === undefined) return false;
  return (await plans.findResumed(slug, Buffer.from(token, 'hex'))) === undefined;
}

/** Whoever follows a link has been shown nothing yet, and is asked by the link's own confirmation, wherever they come from. */
function resumePlan(
  { plan: { shown: _elsewhere, cross_site: _asked, ...plan }, step }: ResumedPlan,
  token: Buffer,
): Plan {
  const user = plan.context.pending_user;
  return withProvedUser({
    ...plan,
    context: { ...plan.context, is_restored: { step, user: user?.kind === 'saved' ? user.uuid : null } },
    resumed: { token: token.toString('hex'), confirmed: false },
  });
}

/**
 * The stored plan, unless it is over, was somebody else's, or the query asks for another one (an invitation's or a mail's
 * token). A login drops what others left in its session, but cannot see what is begun at the same moment.
 */
function continuablePlan(arrival: LoadedRequest): StoredPlan | undefined {
  const { request, loaded } = arrival;
  const { stored } = loaded;
  if (!stored || stored.plan.ended || stored.plan.visitor !== visitorId(arrival)) return undefined;
  const { query } = request;
  const other = ['itoken', 'token'].filter((key) => query[key] && query[key] !== stored.plan.query[key]);
  return other.length > 0 && !isKept(stored.plan, other, request) ? undefined : stored;
}

/**
 * A link of another site does not replace a run that knows something of its visitor. Another link of the same sort does:
 * whoever is invited twice follows the second link from their mail page, too.
 */
const isKept = ({ query, context }: Plan, tokens: readonly string[], { crossSite }: FlowRequest): boolean =>
  crossSite !== undefined &&
  (context.pending_user !== undefined || context.prompt_data !== undefined) &&
  tokens.every((key) => !query[key]);
