import { Problem, sentence } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import { isFromTrustedProxy } from '../http/request-spans.js';
import { decodedPath, FORWARD_PATH, isForwardPath, parseSiteAddress, type SiteAddress } from './forward-destination.js';

/** The kinds of proxies. Each kind has its own way to tell Gatehouse which request it checks. */
export const PROXY_KINDS = ['nginx', 'traefik', 'caddy', 'envoy'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

const UNTRUSTED = sentence('Forward auth answers proxies in TRUSTED_PROXIES only. They must send X-Forwarded-For.');

/** Throws `forward_auth_invalid` for a request that does not come from a proxy in TRUSTED_PROXIES. */
export function requireTrustedProxy(request: FastifyRequest): void {
  if (!isFromTrustedProxy(request)) throw new Problem('forward_auth_invalid', { detail: UNTRUSTED });
}

/** Returns the origin of the site at which a request arrived, as its proxy says. */
export const originOf = ({ protocol, host }: FastifyRequest): string =>
  parseSiteAddress(`${protocol}://${host}`)?.origin ?? '';

/**
 * Returns the address of the request that a proxy asks about. Throws `forward_auth_invalid` if the proxy does not name
 * it, names several hosts, or asks about a path that belongs to Gatehouse.
 */
export function forwardedAddress(kind: ProxyKind, request: FastifyRequest): SiteAddress {
  requirePlainPath(kind, request);
  const address = addressIn(kind, request);
  requireOwnPath(address);
  return address;
}

function addressIn(kind: ProxyKind, request: FastifyRequest): SiteAddress {
  if (kind === 'nginx') return originalUrl(request);
  if (kind === 'envoy') return appendedPath(request);
  const [protocol, host] = [headerOf(request, 'x-forwarded-proto'), headerOf(request, 'x-forwarded-host')];
  const rest = headerOf(request, 'x-forwarded-uri');
  const base = protocol.includes(',') || host.includes(',') ? undefined : parseSiteAddress(`${protocol}://${host}`);
  if (!base || base.rest !== '' || !rest.startsWith('/'))
    throw invalid(
      'Expected one X-Forwarded-Proto, one X-Forwarded-Host, and an X-Forwarded-Uri that begins with a slash.',
    );
  return { origin: base.origin, rest };
}

/**
 * Throws unless the path of the check has its usual spelling. A proxy passes some requests of visitors on to Gatehouse.
 * It could mistake an unusually spelled check for such a request, and a script in a page could then read the response,
 * which names the user.
 */
function requirePlainPath(kind: ProxyKind, { url }: FastifyRequest): void {
  const [path = ''] = url.split('?', 1);
  const expected = `${FORWARD_PATH}/auth/${kind}`;
  if (!path.startsWith(expected) || !decodedPath(path).startsWith(expected))
    throw invalid(`Expected the path ${expected} without percent-encoding, and no dots that lead out of it.`);
}

/**
 * Throws for a path below FORWARD_PATH, which belongs to Gatehouse. A proxy must send such requests to Gatehouse
 * without a check, else each of them would be redirected to the login (redirect loop).
 */
function requireOwnPath({ origin, rest }: SiteAddress): void {
  if (isForwardPath(new URL(origin + rest).pathname))
    throw invalid(
      `The proxy must send start, callback and sign_out below ${FORWARD_PATH}/ to Gatehouse without a check, and nothing else.`,
    );
}

function originalUrl(request: FastifyRequest): SiteAddress {
  const address = parseSiteAddress(headerOf(request, 'x-original-url'));
  if (!address)
    throw invalid(
      'Expected X-Original-URL with the whole address of the request, such as https://app.example.org/path.',
    );
  return address;
}

function appendedPath(request: FastifyRequest): SiteAddress {
  // Envoy forwards the X-Forwarded-Host of a client, which could name a site other than the requested one.
  const origin = parseSiteAddress(`${request.protocol}://${request.headers.host}`)?.origin;
  if (origin === undefined) throw invalid('Expected the host of the request in Host.');
  const rest = request.url.replace(/^[^?]*?\/auth\/envoy/, '');
  return { origin, rest: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Returns the value of a header; empty if the header is missing. */
const headerOf = ({ headers }: FastifyRequest, name: string): string => String(headers[name] ?? '');

const invalid = (detail: string) => new Problem('forward_auth_invalid', { detail });
