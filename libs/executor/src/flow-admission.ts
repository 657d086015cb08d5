import { ARRIVAL_REQUIREMENTS, type FlowVersion, mayStart, meetsRequirement } from '@gatehouse/plan';
import { type FlowContext, visitorOf } from './flow-context.js';
import { type FlowResponse, responseWithoutPlan } from './flow-response.js';
import { flowRefusal } from './planner.js';

/** Requirements that a running plan must meet too, because no login and no logout of the plan itself changes them. */
const NEVER_WAIVED: readonly FlowVersion['flow']['authentication'][] = ['require_outpost', ...ARRIVAL_REQUIREMENTS];

/**
 * Whether the brand lets the caller start the flow, and the caller meets the flow's authentication requirement. A plan
 * that met the requirement may go on: after a mailed link resumed it and, except with NEVER_WAIVED, after it logged the
 * visitor in or out.
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
