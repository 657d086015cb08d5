import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT, say } from './command.mjs';

/** Milliseconds after which a request counts as lost. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Seconds before a request is repeated, if the response does not say. */
const DEFAULT_RETRY_S = 2;
/** Number of times that `patiently` repeats a request. */
const MAX_RETRIES = 6;
/** Longest Retry-After that `patiently` waits for, in seconds. */
const MAX_RETRY_AFTER_S = 30;
const UNAVAILABLE = [429, 502, 503, 504];

/**
 * Returns an address of the server. Throws unless the scheme is https, or http on the loopback interface, which cannot
 * be eavesdropped on. `name` names the address in the error.
 */
export function serverUrl(text, name) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = /^(localhost|.+\.localhost|127\.0\.0\.1|\[::1\])$/.test(url?.hostname ?? '');
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) || url.username || url.hash)
    throw new CommandError(`${name} must be an https address.`);
  return url;
}

/** `fetch` with a time limit. It follows no redirect, which could lead a token to another server. */
export function fetchOnce(url, init = {}) {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  return fetch(url, { ...init, signal, redirect: 'manual' });
}

/**
 * Returns the status and the JSON body of a response, or `retryAfterS` if there was no response: after an outage, a
 * lost connection, or too many requests. Rejects when `signal` is aborted.
 */
export async function requestJson(url, { signal, ...init }) {
  const headers = { accept: 'application/json', ...init.headers };
  try {
    const response = await fetchOnce(url, { ...init, headers, signal });
    if (UNAVAILABLE.includes(response.status)) return { retryAfterS: retryAfterS(response), status: response.status };
    return { status: response.status, body: await response.json().catch(() => ({})) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError || error.name === 'TimeoutError') return { retryAfterS: DEFAULT_RETRY_S };
    throw error;
  }
}

/** Reads Retry-After: seconds, or a date. */
function retryAfterS({ headers }) {
  const value = headers.get('retry-after') ?? '';
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return seconds > 0 ? Math.ceil(seconds) : DEFAULT_RETRY_S;
}

/**
 * Repeats a request while the server is unavailable. Throws if the server stays unavailable, or asks for a long wait.
 */
export async function patiently(request, signal) {
  for (let failures = 1; ; failures++) {
    const response = await request();
    const { retryAfterS, status } = response;
    if (retryAfterS === undefined) return response;
    const cause = status === 429 ? 'Too many requests came from this network.' : 'The server is away.';
    if (failures > MAX_RETRIES || retryAfterS > MAX_RETRY_AFTER_S)
      throw new CommandError(`${cause} Try again in ${retryAfterS} s.`, EXIT.unavailable);
    const seconds = Math.max(retryAfterS, 2 ** (failures - 1));
    say(`${cause} Trying again in ${seconds} s.`);
    await pause(seconds * 1000, undefined, { signal });
  }
}
