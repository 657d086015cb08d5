import type { GatewayConfig } from '../gateway.config.js';
import { queryTextIn } from '../http/query.js';

/** Prefix of the paths of a site that its proxy sends to Gatehouse. */
export const FORWARD_PATH = '/outpost.goauthentik.io';

/** Largest length of scheme, host and port, which exceeds every length that DNS allows. */
const MAX_BASE_LENGTH = 300;
/** Matches a URL: its scheme with the authority, and the rest. */
const URL_PARTS = /^(https?:\/\/[^/?#\\@]+)(?=[/?#]|$)(.*)$/is;
/** Printable ASCII except the backslash, which browsers read as a slash. */
const SAFE = /^[!-[\]-~]*$/;

/** An absolute URL of a site. */
export interface SiteAddress {
  /** Scheme, host and port, in the form of `URL.origin`. */
  readonly origin: string;
  /** Path and query, byte for byte. */
  readonly rest: string;
}

/** Splits an absolute http or https URL. Returns undefined for any other text. */
export function parseSiteAddress(text: string): SiteAddress | undefined {
  const [, base = '', rest = ''] = URL_PARTS.exec(text) ?? [];
  const isBase = base !== '' && base.length <= MAX_BASE_LENGTH && SAFE.test(base) && URL.canParse(base);
  return isBase ? { origin: new URL(base).origin, rest } : undefined;
}

/**
 * Returns the URL to which a visitor is redirected after the login at a site: `address` with its path and query byte
 * for byte, or the front page of the site. The front page replaces an address that has another origin, a path that
 * begins with two slashes, a backslash, white space, control or non-ASCII characters, or more than `limit` bytes (open
 * redirect), and an address that the proxy would send to Gatehouse (redirect loop).
 */
export function destinationAt(origin: string, address: string, limit: number): string {
  const front = `${origin}/`;
  const parsed = address.length <= limit && SAFE.test(address) ? parseSiteAddress(address) : undefined;
  if (parsed?.origin !== origin || !/^(?:$|[?#]|\/(?!\/))/.test(parsed.rest)) return front;
  const target = parsed.rest.startsWith('/') ? `${origin}${parsed.rest}` : `${front}${parsed.rest}`;
  return isForwardPath(new URL(target).pathname) ? front : target;
}

/** Bytes of the query of a login page in addition to the address: the path of the authorization, a slug and a hash. */
const OTHER_QUERY_BYTES = 300;

/** The settings that limit an address. */
export type AddressLimits = Pick<GatewayConfig, 'FORWARD_AUTH_RD_BYTES' | 'QUERY_LIMIT_BYTES'>;

/** Returns the largest length of an address whose encoded form fits into the query of a login page. */
export const addressLimit = ({ FORWARD_AUTH_RD_BYTES, QUERY_LIMIT_BYTES }: AddressLimits): number =>
  Math.max(0, Math.min(FORWARD_AUTH_RD_BYTES, Math.floor((QUERY_LIMIT_BYTES - OTHER_QUERY_BYTES) * 0.75)));

/**
 * Returns whether the proxy sends a path to Gatehouse. Decodes the path and ignores its case, because some routers do
 * so too.
 */
export function isForwardPath(pathname: string): boolean {
  const path = decodedPath(pathname).toLowerCase();
  return path === FORWARD_PATH || path.startsWith(`${FORWARD_PATH}/`);
}

/** Returns a percent-decoded path, as most routers read it; unchanged if it cannot be decoded. */
export function decodedPath(pathname: string): string {
  try {
    return new URL(`http://site.invalid${decodeURIComponent(pathname)}`).pathname;
  } catch {
    return pathname;
  }
}

/** The query of a request to begin a login at a site. */
export interface StartQuery {
  /** The address in the parameter `rd`; empty without one. */
  readonly address: string;
  /** The other parameters. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Matches a parameter `rd` with an unencoded address. The path of the address may contain encoded characters. */
const RAW_ADDRESS = /(?:^|&)rd=(https?:\/\/[^/?#%]+(?:[/?#].*)?)$/is;

/**
 * Parses the query of a URL. An address that is not encoded extends to the end of the query, as nginx writes
 * `rd=$scheme://$http_host$request_uri`, so parameters in it belong to it. An encoded address has `%3A` after the scheme,
 * or, as Ingress-NGINX writes `rd=$scheme://$http_host$escaped_request_uri`, `%2F` after the host.
 */
export function startQueryOf(url: string): StartQuery {
  const query = queryTextIn(url);
  const raw = RAW_ADDRESS.exec(query);
  const parsed = new URLSearchParams(raw ? query.slice(0, raw.index) : query);
  const { rd: _address, ...parameters } = Object.fromEntries(parsed);
  return { address: raw?.[1] ?? parsed.get('rd') ?? '', parameters };
}

/** Encodes an address in characters that a URL need not encode again. */
export const encodeAddress = (address: string): string => Buffer.from(address, 'latin1').toString('base64url');

/** Decodes `encodeAddress`. Any text can be decoded, so the result must be checked by `destinationAt`. */
export const decodeAddress = (encoded: unknown): string =>
  typeof encoded === 'string' ? Buffer.from(encoded, 'base64url').toString('latin1') : '';
