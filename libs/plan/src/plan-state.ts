import { userKey } from './merge-context.js';
import type { Plan } from './plan.js';

/** Returns the state that a step has stored for the plan's current user. */
export function stateOf(plan: Plan, stepId: string): Record<string, unknown> | undefined {
  const stored = plan.states[stepId];
  return stored && stored.user === userKey(plan.context.pending_user) ? stored.state : undefined;
}

/** Stores the state of a step for the plan's current user. `undefined` leaves the state as it is. */
export function storeState(plan: Plan, stepId: string, state: Record<string, unknown> | undefined): Plan {
  if (state === undefined) return plan;
  const user = userKey(plan.context.pending_user);
  return { ...plan, states: { ...plan.states, [stepId]: { user, state } } };
}

/** Removes the state of a step. */
export function removeState(plan: Plan, stepId: string): Plan {
  const { [stepId]: _forgotten, ...states } = plan.states;
  return { ...plan, states };
}

/** Names the work of the next stage that writes data, unless it has a name. A repeated request asks under the same name. */
export const withWorkId = (plan: Plan, work: string): Plan => (plan.work === undefined ? { ...plan, work } : plan);

/** Removes the name of finished work. */
export function withoutWorkId(plan: Plan): Plan {
  if (plan.work === undefined) return plan;
  const { work: _done, ...rest } = plan;
  return rest;
}

/** Notes that the pending user has proved an identity. From then on the plan is about no other user (docs/adr/0033). */
export function withProvedUser(plan: Plan): Plan {
  const { pending_user: user } = plan.context;
  return user?.kind === 'saved' ? { ...plan, proved_user: user.uuid } : plan;
}

/** Marks a run that a navigation from another site started. `token` is for the question before its first acting step. */
export const markCrossSite = (plan: Plan, token: string): Plan => ({ ...plan, cross_site: { token } });

/** Removes the mark once the visitor has answered on a page of this site. The run acts without a question then. */
export function unmarkCrossSite(plan: Plan): Plan {
  if (!plan.cross_site) return plan;
  const { cross_site: _answered, ...rest } = plan;
  return rest;
}
