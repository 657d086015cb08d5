import { isLocalPath, toUri } from '@gatehouse/contracts';
import type { Plan } from './plan.js';

/** Where a plan that is done leads: to the context's `redirect`, else to `next` when it is local, else to the root. */
export function destination(plan: Plan): { to: string } | { invalid: string } {
  if (plan.context.redirect) return { to: toUri(plan.context.redirect) };
  const next = plan.next ?? '/';
  return isLocalPath(next) ? { to: toUri(next) } : { invalid: next };
}
