import { applySeed, createPlan, type Plan, type PlanSeed } from '@gatehouse/plan';
import { uuidV7 } from '@gatehouse/platform';
import { isAboutVisitor } from './authentication-guard.js';
import { withClient } from './ended-journey.js';
import type { FlowContext } from './flow-context.js';
import { toSavedUser } from './ports/plan-store.js';

/**
 * Returns a new plan of the flow. If the flow is the brand's step-up flow and the query has a requirement, the
 * logged-in visitor is the pending user (docs/spec/executor.md#requirement).
 */
export function newPlan(context: FlowContext): Plan {
  const { version, request, user, brand } = context;
  const { flow_token: _secret, next: _kept, ...rest } = request.query;
  const plan = { ...withClient(createPlan(version, uuidV7()), request), query: rest };
  const isStepUp = brand.step_up_flow === version.flow.slug && isAboutVisitor(version, plan);
  const facts = { ...clientFacts(context), ...(user && isStepUp && { pending_user: toSavedUser(user) }) };
  return Object.keys(facts).length > 0 ? applySeed(plan, { context: facts }) : plan;
}

/** Returns the facts about the client with which every plan starts. 2024.8 has none. */
export const clientFacts = ({ request: { outpost }, site }: FlowContext): PlanSeed['context'] =>
  outpost && site.api_version !== '2024.8' ? { outpost: { instance: outpost } } : {};
