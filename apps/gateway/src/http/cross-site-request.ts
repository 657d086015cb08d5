import { isLocalPath } from '@gatehouse/contracts';
import type { CrossSite } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';

/**
 * Query parameter that makes a request count as cross-site. The gateway adds it to a `next` whose GET changes
 * something. Another site may have chosen that `next`, but the browser requests it from a page of this site, so
 * `Sec-Fetch-Site` does not reveal the other site.
 */
export const CROSS_SITE = 'cross_site';

/** URL paths whose GET starts, ends or changes something. */
const ACTING =
  /^\/(?:(?:if\/flow|flows\/-|source\/oauth\/login|api\/v3\/flows)\/|(?:device|setup|application\/o\/[^/]+\/end-session)\/?$)/i;

/**
 * Path of the authorization endpoint. Only a GET that names a pushed request changes something, so the gateway marks no
 * other request of this path.
 */
const AUTHORIZATION = /^\/application\/o\/authorize\/?$/i;

/** Headers by which a browser says that it prefetches a page. */
const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;
const PREFETCH = /prefetch|prerender|preview/i;

type SentRequest = Pick<FastifyRequest, 'headers' | 'query'> & Partial<Pick<FastifyRequest, 'corsOrigin'>>;

/** Returns whether the browser prefetches the URL, before the user has opened it. */
export const isPrefetch = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  PREFETCH_HEADERS.some((name) => PREFETCH.test(String(headers[name] ?? '')));

/**
 * Returns whether another site (a sibling domain too) sent the browser here, or the browser prefetches the URL. A script
 * of a listed origin counts as this site (docs/spec/http.md#other-origins).
 * Programs, old browsers and browsers over plain HTTP send no `Sec-Fetch-Site` and count as this site (docs/adr/0034).
 */
export const isCrossSite = ({ headers, query, corsOrigin }: SentRequest): boolean =>
  (corsOrigin === undefined &&
    !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined)) ||
  isPrefetch({ headers }) ||
  CROSS_SITE in Object(query);

/** Returns the cross-site mark of a run that this request starts. */
export const crossSiteOf = (request: FastifyRequest): CrossSite | undefined =>
  isCrossSite(request) ? 'new' : undefined;

/** Returns `next`, with the CROSS_SITE parameter if a GET of its path changes something. */
export function markedNext(next: string): string {
  if (!isLocalPath(next)) return next;
  // Parses the path like a browser, so that an unusual spelling of a path cannot avoid the mark.
  const { pathname, search, searchParams, hash } = new URL(next, 'http://gatehouse.invalid');
  if (!isActing(decoded(pathname), searchParams) || searchParams.has(CROSS_SITE)) return next;
  return `${pathname}${search}${search ? '&' : '?'}${CROSS_SITE}=1${hash}`;
}

const isActing = (path: string, query: URLSearchParams): boolean =>
  ACTING.test(path) || (AUTHORIZATION.test(path) && query.has('request_uri'));

/** The beginning of a request's URL that a browser resolves to this site. Request URLs have no control characters. */
const OWN_PATH = /^\/(?![/\\])/;

/**
 * Returns the URL to use in a page's links and forms. If another site opened the page, the URL has the CROSS_SITE
 * parameter, because the browser marks requests from the page as same-site. Returns `/` for a URL that a browser would
 * resolve to another site, such as `//other.example/`.
 */
export function pageAddress({ url }: Pick<FastifyRequest, 'url'>, isMarked: boolean): string {
  if (!OWN_PATH.test(url)) return '/';
  return isMarked ? markedNext(url) : url;
}

/** Returns the query, with the CROSS_SITE parameter in its `next` if a GET of `next` changes something. */
export const withMarkedNext = (query: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  query['next'] ? { ...query, next: markedNext(query['next']) } : query;

/** Decodes a path like the router. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
