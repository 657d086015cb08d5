import { userKey } from './merge-context.js';
import type { Plan } from './plan.js';
import type { RecordedVerdict } from './recorded-verdict.js';

/** Returns the state that a step has stored for the plan's pending user. */
export function stateOf(plan: Plan, stepId: string): Record<string, unknown> | undefined {
  const stored = plan.states[stepId];
  return stored && stored.user === userKey(plan.context.pending_user) ? stored.state : undefined;
}

/**
 * Returns the plan with the state of a step, stored for the pending user. If `state` is undefined, the old state stays.
 */
export function storeState(plan: Plan, stepId: string, state: Record<string, unknown> | undefined): Plan {
  if (state === undefined) return plan;
  const user = userKey(plan.context.pending_user);
  return { ...plan, states: { ...plan.states, [stepId]: { user, state } } };
}

/** Returns the plan without the state of a step. */
export function removeState(plan: Plan, stepId: string): Plan {
  const { [stepId]: _forgotten, ...states } = plan.states;
  return { ...plan, states };
}

/**
 * Returns the plan with a work id, by which a stage that writes data recognises a retry. An existing work id is kept.
 */
export const withWorkId = (plan: Plan, work: string): Plan => (plan.work === undefined ? { ...plan, work } : plan);

/** Returns the plan without its work id, because the stage has finished that work. */
export function withoutWorkId(plan: Plan): Plan {
  if (plan.work === undefined) return plan;
  const { work: _done, ...rest } = plan;
  return rest;
}

/** Returns the plan with one more judged answer. This changes the step id of the shown challenge. */
export const withAnswer = (plan: Plan): Plan => ({ ...plan, answers: plan.answers + 1 });

/** Returns the plan with its pending user as `proved_user` (see `planBody`). */
export function withProvedUser(plan: Plan): Plan {
  const { pending_user: user } = plan.context;
  return user?.kind === 'saved' ? { ...plan, proved_user: user.uuid } : plan;
}

/** Whether the plan was resumed by a mailed link that no answer has used up yet. */
export const isLinkUnconfirmed = ({ resumed }: Plan): boolean => resumed?.confirmed === false;

/**
 * Returns the plan with a cross-site mark. Before a step with side effects, the visitor must then send `token` to
 * confirm.
 */
export const markCrossSite = (plan: Plan, token: string): Plan => ({ ...plan, cross_site: { token } });

/**
 * Returns the plan without its cross-site mark, because the visitor has answered on this site. Steps with side effects
 * then need no confirmation.
 */
export function unmarkCrossSite(plan: Plan): Plan {
  if (!plan.cross_site) return plan;
  const { cross_site: _answered, ...rest } = plan;
  return rest;
}

/** Largest number of policy bindings whose results a plan stores. */
const MAX_JUDGED = 100;

/**
 * Returns the plan with results of policy bindings, for its journey record (docs/spec/journeys.md). Results beyond
 * MAX_JUDGED are dropped.
 */
export function withVerdicts(plan: Plan, verdicts: Readonly<Record<string, RecordedVerdict>>): Plan {
  const judged = Object.entries({ ...plan.judged, ...verdicts }).slice(0, MAX_JUDGED);
  return { ...plan, judged: Object.fromEntries(judged) };
}
