import { z } from 'zod';

const ORIGIN = 'http://gatehouse.invalid';

/**
 * Returns whether `next`, resolved as a browser does, stays on this origin (open redirect;
 * docs/spec/executor.md#destination, docs/security.md#accident-10).
 */
export function isLocalPath(next: string): boolean {
  if (!/^\/(?!\/)/.test(next) || UNSAFE_CHARACTERS.test(next)) return false;
  return parseUrl(next, ORIGIN)?.origin === ORIGIN;
}

/** Control characters, which browsers drop, and backslashes, which they treat as slashes. */
const UNSAFE_CHARACTERS = /[\p{Cc}\\]/u;

function parseUrl(address: string, base?: string): URL | undefined {
  return URL.canParse(address, base) ? new URL(address, base) : undefined;
}

/**
 * Returns an address as a URI: percent-encodes characters that a URI must not contain, and keeps existing encodings.
 */
export const toUri = (address: string): string =>
  encodeURI(address.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/%5B/g, '[')
    .replace(/%5D/g, ']')
    .replace(/%25/g, '%');

/**
 * Returns an address with further query parameters. Keeps its own query unchanged, because clients compare it character
 * by character (RFC 6749 §3.1.2); `searchParams` would write `%20` as `+`.
 */
export function withParameters(address: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  const added = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) added.append(name, value);
  url.search = [url.search, added.toString()].filter(Boolean).join('&');
  return url.href;
}

/** Returns whether an address is an absolute http or https URL. */
export const isWebAddress = (address: string): boolean => {
  const hasHttpScheme = /^https?:\/\/[^/]/i.test(address) && !UNSAFE_CHARACTERS.test(address);
  return hasHttpScheme && parseUrl(address) !== undefined;
};

/**
 * Returns the schema of a redirect that an administrator configures: an http or https URL, or a local path. Never a
 * script URL.
 */
export const redirectTarget = () =>
  z.string().refine((to) => isLocalPath(to) || isWebAddress(to), { error: 'Enter a path or an http(s) URL.' });
