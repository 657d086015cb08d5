import type { IncomingMessage } from 'node:http';
import { FORWARD_COOKIE } from '../../forward-auth/forward-cookies.js';
import { SESSION_COOKIE } from '../cookie-names.js';
import { FILES_ADDRESS, ICON_TYPES } from '../pages/page-renderer.js';
import type { Priority } from './in-flight-limit.js';

/** Requests that are always admitted: probes, and files, which cost as little as a refusal. */
const ALWAYS = ['/-/health/', `${FILES_ADDRESS}/`, ...Object.keys(ICON_TYPES)];

/** Names of the session cookie and of the cookies of forward auth. */
const COOKIES = [SESSION_COOKIE, FORWARD_COOKIE];

type Request = Pick<IncomingMessage, 'url' | 'method' | 'headers'>;

/**
 * Returns the priority of a request, or undefined if it is always admitted. Does not look the session up, so a client
 * can raise its priority with a made-up cookie.
 */
export function priorityOf({ url = '', method, headers }: Request): Priority | undefined {
  if (ALWAYS.some((path) => url.startsWith(path))) return undefined;
  // Also matches the name in a cookie with the prefix `__Host-`.
  const hasCookie = COOKIES.some((name) => headers.cookie?.includes(`${name}=`));
  const hasCredentials = hasCookie || headers.authorization !== undefined;
  if (!hasCredentials) return 'new';
  return method === 'GET' ? 'look' : 'answer';
}

/** Returns the slug of the flow if a request is for the API or the page of a flow, else undefined. */
export const flowOf = ({ url = '' }: Request): string | undefined =>
  /^\/(?:api\/v3\/flows\/executor|if\/flow)\/([-\w]+)\//.exec(url)?.[1];

/** Returns whether a browser shows the response as the page of a flow. */
export const isFlowPage = ({ url = '' }: Request): boolean => url.startsWith('/if/flow/');
