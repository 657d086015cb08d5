import { userKey } from './merge-context.js';
import type { Plan } from './plan.js';
import type { RecordedVerdict } from './recorded-verdict.js';

/** Returns the state that a step has stored for the plan's current user. */
export function stateOf(plan: Plan, stepId: string): Record<string, unknown> | undefined {
  const stored = plan.states[stepId];
  return stored && stored.user === userKey(plan.context.pending_user) ? stored.state : undefined;
}

/** Stores the state of a step for the plan's current user. If `state` is undefined, the stored state stays. */
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

/** Stores an id for the next work of a stage that writes data, unless the plan has one. A retry sends the same id. */
export const withWorkId = (plan: Plan, work: string): Plan => (plan.work === undefined ? { ...plan, work } : plan);

/** Removes the id of work that is finished. */
export function withoutWorkId(plan: Plan): Plan {
  if (plan.work === undefined) return plan;
  const { work: _done, ...rest } = plan;
  return rest;
}

/** Counts one more answer that a step has judged, which gives the shown step another id. */
export const withAnswer = (plan: Plan): Plan => ({ ...plan, answers: plan.answers + 1 });

/** Stores that the pending user has proved an identity. See `proved_user` in `planBody`. */
export function withProvedUser(plan: Plan): Plan {
  const { pending_user: user } = plan.context;
  return user?.kind === 'saved' ? { ...plan, proved_user: user.uuid } : plan;
}

/** Whether a mailed link has resumed the plan, and no answer has used the link up. */
export const isLinkUnconfirmed = ({ resumed }: Plan): boolean => resumed?.confirmed === false;

/**
 * Marks a plan that another site has started or continued. The visitor confirms the first step with side effects by
 * `token`.
 */
export const markCrossSite = (plan: Plan, token: string): Plan => ({ ...plan, cross_site: { token } });

/**
 * Removes the cross-site mark, because the visitor has answered on this site. Steps with side effects then need no
 * confirmation.
 */
export function unmarkCrossSite(plan: Plan): Plan {
  if (!plan.cross_site) return plan;
  const { cross_site: _answered, ...rest } = plan;
  return rest;
}

/** Largest number of policy bindings whose results a plan keeps. */
const MAX_JUDGED = 100;

/** Keeps the results of policy bindings for the record of the plan. Keeps no further binding beyond a limit. */
export function withVerdicts(plan: Plan, verdicts: Readonly<Record<string, RecordedVerdict>>): Plan {
  const judged = Object.entries({ ...plan.judged, ...verdicts }).slice(0, MAX_JUDGED);
  return { ...plan, judged: Object.fromEntries(judged) };
}
