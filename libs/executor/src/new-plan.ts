import { applySeed, createPlan, type Plan } from '@gatehouse/plan';
import { uuidV7 } from '@gatehouse/platform';
import { isAboutVisitor } from './authentication-guard.js';
import { withClient } from './ended-journey.js';
import type { FlowContext } from './flow-context.js';
import { toSavedUser } from './ports/plan-store.js';

/**
 * Returns a new plan of the flow. The brand's step-up flow with a requirement in its query is about its visitor, whose
 * login it raises. In no other flow does a query name the user (docs/spec/executor.md#requirement).
 */
export function newPlan({ version, request, user, brand }: FlowContext): Plan {
  const { flow_token: _secret, next: _kept, ...rest } = request.query;
  const plan = { ...withClient(createPlan(version, uuidV7()), request), query: rest };
  const isStepUp = brand.step_up_flow === version.flow.slug && isAboutVisitor(version, plan);
  return user && isStepUp ? applySeed(plan, { context: { pending_user: toSavedUser(user) } }) : plan;
}
