import { isIPv6 } from 'node:net';

/** Returns `BASE_URL`, otherwise the address at which `npm start` listens, without a slash at the end. */
export function baseUrlOf({ BASE_URL, HOST, PORT }: NodeJS.ProcessEnv): string {
  const host = HOST || '127.0.0.1';
  const url = BASE_URL || `http://${isIPv6(host) ? `[${host}]` : host}:${PORT || '9000'}`;
  return url.replace(/\/+$/, '');
}
