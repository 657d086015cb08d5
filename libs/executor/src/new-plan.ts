import { requirementIn } from '@gatehouse/contracts';
import { applySeed, createPlan, type Plan } from '@gatehouse/plan';
import { uuidV7 } from '@gatehouse/platform';
import { withClient } from './ended-journey.js';
import type { FlowContext } from './flow-context.js';
import { toSavedUser } from './ports/plan-store.js';

/**
 * Returns a new plan of the flow. A flow for logged-in users with a requirement in its query is about its visitor, whose
 * login it raises (docs/spec/executor.md#requirement).
 */
export function newPlan({ version, request, user }: FlowContext): Plan {
  const { flow_token: _secret, next: _kept, ...rest } = request.query;
  const plan = { ...withClient(createPlan(version, uuidV7()), request), query: rest };
  const isAboutUser = version.flow.authentication === 'require_authenticated' && requirementIn(rest) !== undefined;
  return user && isAboutUser ? applySeed(plan, { context: { pending_user: toSavedUser(user) } }) : plan;
}
