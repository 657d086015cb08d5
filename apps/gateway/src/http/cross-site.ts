import { isLocalPath } from '@gatehouse/contracts';
import type { CrossSite } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';

/**
 * Parameter of an acting address that a query chose as `next`. The browser calls that address later, on a navigation of this
 * site.
 */
export const CROSS_SITE = 'cross_site';

/** Addresses whose GET begins, ends or changes something. */
const ACTING = /^\/(?:(?:if\/flow|flows\/-|source\/oauth\/login|api\/v3\/flows)\/|device\/?$)/i;

/** Headers by which a browser says that it fetches a page before its user asks for it. */
const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;
const PREFETCH = /prefetch|prerender|preview/i;

/**
 * Whether another site sent the browser here (a sibling domain counts), or the browser prefetches the address. Programs and
 * old browsers do not say, nor does a browser that comes by plain http, except to its own machine: they count as this site
 * (docs/adr/0034).
 */
export const isCrossSite = ({ headers, query }: FastifyRequest): boolean =>
  !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined) ||
  PREFETCH_HEADERS.some((name) => PREFETCH.test(String(headers[name] ?? ''))) ||
  CROSS_SITE in Object(query);

/** What a request marks that begins a run. */
export const crossSiteOf = (request: FastifyRequest): CrossSite | undefined =>
  isCrossSite(request) ? 'new' : undefined;

/** Returns the `next` of a query with the mark of a cross-site address, if it leads to an address that acts. */
export function markedNext(next: string): string {
  if (!isLocalPath(next)) return next;
  // As a browser reads the path, so that no spelling is missed.
  const { pathname, search, searchParams, hash } = new URL(next, 'http://gatehouse.invalid');
  if (!ACTING.test(decoded(pathname)) || searchParams.has(CROSS_SITE)) return next;
  return `${pathname}${search}${search ? '&' : '?'}${CROSS_SITE}=1${hash}`;
}

/** Returns the query with its `next` marked. */
export const withMarkedNext = (query: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  query['next'] ? { ...query, next: markedNext(query['next']) } : query;

/** The path as the router decodes it. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
