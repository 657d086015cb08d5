import { isLocalPath } from '@gatehouse/contracts';
import type { CancelledPlan } from '@gatehouse/executor';
import { CROSS_SITE } from '../http/cross-site-request.js';
import { parseInnerQuery } from '../http/query.js';

const LOGIN = '/flows/-/default/authentication/';
const LOGOUT = '/flows/-/default/invalidation/';

/** The page of a flow that a visitor has left: the slug of the flow, and the query of the page. */
export interface FlowPage {
  readonly slug: string;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * Returns the slug and the query in a `Referer` of this host. Needed because the plan of the page may have ended
 * already.
 */
export function refererPage(referer: string | undefined, host: string): FlowPage | undefined {
  if (!referer || !URL.canParse(referer)) return undefined;
  const url = new URL(referer);
  const [, slug] = /^\/if\/flow\/([-\w]+)\/$/.exec(url.pathname) ?? [];
  return slug && url.host === host ? { slug, query: parseInnerQuery(url.search.slice(1)) } : undefined;
}

/** A visitor's request to cancel. */
interface Cancellation {
  /** The page that the visitor has left, if the `Referer` names one. */
  readonly page: FlowPage | undefined;
  /** The plan of that page, or else the plan that was last saved. */
  readonly cancelled: CancelledPlan | undefined;
  readonly isLoggedIn: boolean;
  /** Whether a logged-in user only refuses the request of an application or device, and stays logged in. */
  readonly stays: boolean;
  /** The parameter `next` of the request. Used if neither the page nor its plan has a destination. */
  readonly next?: string | undefined;
  /** Slug of the flow that logs out. */
  readonly logout: string | undefined;
}

/**
 * Returns the local path to which a visitor who cancels is redirected: the start of the same flow, with its query and
 * `next`. The path first logs a logged-in user out, unless the user only refuses (docs/spec/executor.md#cancel).
 */
export function cancelDestination(cancellation: Cancellation): string {
  const { isLoggedIn, stays, logout } = cancellation;
  if (isLoggedIn && stays) return '/';
  const page = withRequestedNext(pageOf(cancellation), cancellation);
  const next = localNext(page) ?? localNext({ query: { next: cancellation.next ?? '' } });
  if (page && isLoggedIn && page.slug !== logout && isRestartable(cancellation))
    return withNext(LOGOUT, addressOf(page));
  if (isLoggedIn || !page) return withNext(LOGOUT, next);
  return isRestartable(cancellation) ? addressOf(page) : withNext(LOGIN, next);
}

function pageOf({ page, cancelled }: Cancellation): FlowPage | undefined {
  if (!cancelled) return page;
  const { slug, plan } = cancelled;
  if (plan.ended) return page ?? ('denied' in plan.ended ? { slug, query: {} } : undefined);
  const { query, next, cross_site: isMarked } = plan;
  // Keeps the cross-site mark. Without the mark, the flow would act without a confirmation, because the redirect comes
  // from this site.
  const marked = isMarked ? { ...query, [CROSS_SITE]: '1' } : query;
  return { slug, query: next === undefined ? marked : { ...marked, next } };
}

/** Returns the page with the `next` of the request, if the page has none. */
function withRequestedNext(page: FlowPage | undefined, { next }: Cancellation): FlowPage | undefined {
  if (!page || next === undefined || 'next' in page.query) return page;
  return { ...page, query: { ...page.query, next } };
}

/**
 * Returns whether the flow's page can start the flow again. False if the plan started with additional steps, such as
 * the plan of a device code, because the page would start the flow without these steps.
 */
const isRestartable = ({ cancelled }: Cancellation): boolean => cancelled?.plan.begun?.insert === undefined;

const localNext = (page: Pick<FlowPage, 'query'> | undefined): string | undefined => {
  const next = page?.query['next'];
  return next !== undefined && isLocalPath(next) ? next : undefined;
};

/**
 * Returns the address of the page, without the proposed username, because the visitor may want to log in as another
 * user.
 */
function addressOf({ slug, query }: FlowPage): string {
  const { flow_token: _secret, login_hint: _hint, next: _checked, ...rest } = query;
  const next = localNext({ query });
  const kept = new URLSearchParams({ ...rest, ...(next === undefined ? {} : { next }) }).toString();
  return `/if/flow/${slug}/${kept && `?${kept}`}`;
}

const withNext = (path: string, next: string | undefined): string =>
  next === undefined ? path : `${path}?${new URLSearchParams({ next }).toString()}`;
