import type { Plan } from './plan.js';

/** Marks a run that a navigation from another site began; `token` is for the question that it asks before it acts. */
export const markCrossSite = (plan: Plan, token: string): Plan => ({ ...plan, cross_site: { token } });

/** The run once its visitor has answered something on a page of this site: from then on it acts without a question. */
export function unmarkCrossSite(plan: Plan): Plan {
  if (!plan.cross_site) return plan;
  const { cross_site: _answered, ...rest } = plan;
  return rest;
}
