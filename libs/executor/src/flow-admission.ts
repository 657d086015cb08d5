import { ARRIVAL_REQUIREMENTS, type FlowVersion, mayStart, meetsRequirement } from '@gatehouse/plan';
import { type FlowContext, visitorOf } from './flow-context.js';
import { type FlowResponse, responseWithoutPlan } from './flow-response.js';
import { flowRefusal } from './planner.js';

/**
 * Authentication requirements that a running plan must still meet after it logged the visitor in or out, because they
 * do not depend on whether the visitor is logged in.
 */
const NEVER_WAIVED: readonly FlowVersion['flow']['authentication'][] = ['require_outpost', ...ARRIVAL_REQUIREMENTS];

/**
 * Whether the visitor may start or continue the flow. A new plan needs the permission of the brand, and a visitor who
 * meets the flow's authentication requirement. A running plan may continue without meeting it after a mailed link has
 * resumed the plan or, except for NEVER_WAIVED, after the plan has logged the visitor in or out.
 */
export function mayContinue(context: FlowContext): boolean {
  const { authentication } = context.version.flow;
  const running = context.continued?.plan;
  if (!running && !mayStart(context.brand, context.version.flow)) return false;
  if (running?.resumed || meetsRequirement(authentication, visitorOf(context), running?.context)) return true;
  if (!running || NEVER_WAIVED.includes(authentication)) return false;
  return authentication === 'require_unauthenticated' || running.visitor === null;
}

/** Returns the response for a flow that the visitor may not run. No plan is stored. */
export function notApplicable(context: FlowContext, messages: readonly string[]): FlowResponse {
  const next = context.request.query['next'];
  const line = context.site.api_version;
  const refusal = flowRefusal(context.version, { visitor: visitorOf(context), next, messages, line });
  return responseWithoutPlan(context, 'to' in refusal ? { type: 'done', ...refusal } : { type: 'denied', ...refusal });
}
