import { isLocalPath } from '@gatehouse/contracts';
import type { CrossSite } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';

/**
 * Parameter of addresses that another site chose as the `next` of a login: the browser calls the step from there on a
 * navigation of this site.
 */
export const CROSS_SITE = 'cross_site';

/** Addresses whose GET begins, ends or changes something. */
const ACTING = /^\/(if\/flow|flows\/-|source\/oauth\/login|api\/v3\/flows)\//;

/**
 * Whether another site sent the browser here, a sibling domain included. Programs and old browsers do not say, nor does a
 * browser that comes by plain http, except to its own machine: they count as this site (docs/adr/0034).
 */
export const isCrossSite = ({ headers, query }: FastifyRequest): boolean =>
  !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined) ||
  CROSS_SITE in Object(query);

/** What a request marks that begins a run. */
export const crossSiteOf = (request: FastifyRequest): CrossSite | undefined =>
  isCrossSite(request) ? 'new' : undefined;

/** The address with a `next` that stays marked when its time has come; undefined where its `next` needs no mark. */
export function withMarkedNext(address: string): string | undefined {
  const [path = '', query = ''] = address.split(/\?(.*)/s, 2);
  const asked = new URLSearchParams(query);
  const next = asked.getAll('next').at(-1);
  const marked = next === undefined ? undefined : markedPath(next);
  if (marked === undefined) return undefined;
  asked.set('next', marked);
  return `${path}?${asked}`;
}

/** As a browser reads the path, so that no spelling of it is missed. */
function markedPath(next: string): string | undefined {
  if (!isLocalPath(next)) return undefined;
  const { pathname, search, searchParams, hash } = new URL(next, 'http://gatehouse.invalid');
  if (!ACTING.test(pathname) || searchParams.has(CROSS_SITE)) return undefined;
  return `${pathname}${search}${search ? '&' : '?'}${CROSS_SITE}=1${hash}`;
}
