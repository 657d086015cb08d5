import { z } from 'zod';

const ORIGIN = 'http://gatehouse.invalid';

/**
 * Whether `next`, resolved as a browser would, stays on this origin (docs/spec/executor.md#destination,
 * docs/security.md#accident-10).
 */
export function isLocalPath(next: string): boolean {
  if (!/^\/(?!\/)/.test(next) || UNSAFE_CHARACTERS.test(next)) return false;
  return parsed(next, ORIGIN)?.origin === ORIGIN;
}

/** Controls and backslashes: what browsers drop, or take for a slash. */
const UNSAFE_CHARACTERS = /[\p{Cc}\\]/u;

function parsed(address: string, base?: string): URL | undefined {
  return URL.canParse(address, base) ? new URL(address, base) : undefined;
}

/** An address as a URI: what is no character of one is percent-encoded, what is encoded already stays. */
export const toUri = (address: string): string =>
  encodeURI(address.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/%5B/g, '[')
    .replace(/%5D/g, ']')
    .replace(/%25/g, '%');

/** Whether an address is that of a web page, anywhere. */
export const isWebAddress = (address: string): boolean => {
  const begins = /^https?:\/\/[^/]/i.test(address) && !UNSAFE_CHARACTERS.test(address);
  return begins && parsed(address) !== undefined;
};

/** Where an administrator may lead a visitor: a web page anywhere, or a path of this origin; never a script. */
export const redirectTarget = () =>
  z.string().refine((to) => isLocalPath(to) || isWebAddress(to), { error: 'Enter a path or an http(s) URL.' });
