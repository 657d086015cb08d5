import { isLocalPath } from '@gatehouse/contracts';
import type { Plan } from './plan.js';

/** Where a plan that is done leads: the context's `redirect` as it is, else `next` when it is local, else the root. */
export function destination(plan: Plan): { to: string } | { invalid: string } {
  if (plan.context.redirect) return { to: plan.context.redirect };
  const next = plan.next ?? '/';
  return isLocalPath(next) ? { to: escaped(next) } : { invalid: next };
}

/** As a URI: what is no character of one is percent-encoded, what is encoded already stays. */
const escaped = (path: string) =>
  encodeURI(path.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/%25/g, '%')
    .replace(/%5B/g, '[')
    .replace(/%5D/g, ']');
