import { isLocalPath, toUri } from '@gatehouse/contracts';
import type { FlowResponse, HostBrand } from '@gatehouse/executor';
import { markedNext } from '../http/cross-site-request.js';

/**
 * Query parameter of the address to which the login returns. If the visitor is still anonymous then, the page explains
 * the refusal instead of starting the same login again (redirect loop).
 */
export const AFTER_LOGIN = 'after_login';

/** Paths of this site that redirect to applications and login sources, which have other origins. */
const PATHS_TO_OTHER_ORIGINS = /^\/(?:application\/o|outpost\.goauthentik\.io|source)\//i;

/** Returns whether a local path can redirect to another origin. */
export const mayLeaveOrigin = (path: string): boolean => PATHS_TO_OTHER_ORIGINS.test(path);

interface RefusedPage {
  readonly slug: string;
  readonly query: Readonly<Record<string, string>>;
  readonly brand: Pick<HostBrand, 'flowsByPurpose'>;
}

/**
 * Returns the path to which the page of a flow redirects a visitor whom the flow does not admit: an anonymous visitor
 * is redirected to the login and back, and a user who opens a login to the destination of that login. Returns
 * `undefined` if the page must explain the refusal. The API does not redirect.
 */
export function refusalRedirect({ result, version }: FlowResponse, page: RefusedPage): string | undefined {
  if (result.type !== 'denied') return undefined;
  if (result.reason === 'login_required') return loginPath(page);
  if (result.reason !== 'logged_in' || version.flow.designation !== 'authentication') return undefined;
  const { next } = page.query;
  return next && isLocalPath(next) ? toUri(markedNext(next)) : '/';
}

function loginPath({ slug, query, brand }: RefusedPage): string | undefined {
  const login = brand.flowsByPurpose.authentication;
  if (login === undefined || login === slug || AFTER_LOGIN in query) return undefined;
  // The token of a mailed link is a secret, and this flow has not accepted it.
  const { flow_token: _secret, ...rest } = query;
  const next = `/if/flow/${slug}/?${new URLSearchParams({ ...rest, [AFTER_LOGIN]: '1' })}`;
  return `/flows/-/default/authentication/?${new URLSearchParams({ next })}`;
}
