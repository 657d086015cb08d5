import { lookup, lookupService } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { filteredLookup, measureProvider, withHttpRequestSpan } from '@gatehouse/platform';
import { z } from 'zod';
import { UndecidedPolicyError } from '../../policy.js';
import type { AllowedHosts } from './allowed-hosts.js';
import { type PolicyHttpRequest, type PolicyHttpResponse, sendRequest } from './http-request.js';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MAX_REDIRECTS = 5;
/** Headers that a policy may not set. */
const RESERVED_HEADERS =
  /^(host|connection|content-length|transfer-encoding|accept-encoding|upgrade|te|trailer|expect)$/i;

/** Arguments with which an expression sends an HTTP request. */
export const httpRequestArguments = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Body of the request in base64. */
  body: z.string().nullable(),
  timeout_ms: z.number().positive().nullable(),
  redirects: z.boolean(),
});

/** Limits of the HTTP requests of policies. */
export interface PolicyHttpLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Largest number of requests in one evaluation. */
  readonly requests: number;
}

/** HTTP and DNS client for policies. It only reaches the hosts that the operator allows. */
export class PolicyHttpClient {
  private readonly lookup: LookupFunction;

  constructor(
    private readonly hosts: AllowedHosts,
    readonly limits: PolicyHttpLimits,
  ) {
    this.lookup = filteredLookup((address) => hosts.allowsAddress(address));
  }

  /** Sends a request and follows redirects within the same origin. Throws UndecidedPolicyError if that fails. */
  async send(args: z.output<typeof httpRequestArguments>, signal: AbortSignal): Promise<object> {
    if (this.hosts.isEmpty) throw new UndecidedPolicyError('POLICY_ALLOWED_HOSTS allows no host.');
    const timeout = AbortSignal.timeout(Math.ceil(Math.min(args.timeout_ms ?? Infinity, this.limits.timeoutMs)));
    const limits = { maxBytes: this.limits.maxBytes, signal: AbortSignal.any([timeout, signal]), lookup: this.lookup };
    let request = this.requestOf(args);
    for (let redirects = 0; ; redirects++) {
      const current = request;
      const send = () => measureProvider('expression', () => sendRequest(current, limits));
      const response = await withHttpRequestSpan(current.method, current.url, send);
      const next = args.redirects ? followRedirect(request, response) : undefined;
      if (!next) return toExpressionResponse(request, response);
      if (redirects === MAX_REDIRECTS)
        throw new UndecidedPolicyError(`${request.url.host} redirects more than ${MAX_REDIRECTS} times`);
      request = next;
    }
  }

  /** Returns the IP addresses of a host. Returns an empty list if the host is not allowed. */
  async resolve(host: string, family: 4 | 6 | 0): Promise<string[]> {
    if (!this.hosts.allowsName(host)) return [];
    const addresses = await lookup(host, { all: true, family }).catch(() => []);
    return [...new Set(addresses.map(({ address }) => address))];
  }

  /** Returns the host name of an IP address. Returns the address itself if the host is not allowed. */
  async reverseLookup(address: string): Promise<string> {
    if (this.hosts.isEmpty || isIP(address) === 0) return address;
    const service = await lookupService(address, 80).catch(() => undefined);
    return service && this.hosts.allowsName(service.hostname) ? service.hostname : address;
  }

  private requestOf({
    method,
    url: text,
    headers: customHeaders,
    body,
  }: z.output<typeof httpRequestArguments>): PolicyHttpRequest {
    const url = parseUrl(text);
    if (!url || !this.hosts.allows(url))
      throw new UndecidedPolicyError(`requests of policies to ${url?.host ?? 'an invalid URL'} are not allowed`);
    if (url.username || url.password) throw new UndecidedPolicyError('the URL must not contain credentials');
    const reserved = Object.keys(customHeaders).find((name) => RESERVED_HEADERS.test(name));
    if (reserved) throw new UndecidedPolicyError(`policies must not set the header ${reserved}`);
    const headers = {
      'user-agent': 'gatehouse',
      accept: '*/*',
      ...lowerCaseHeaders(customHeaders),
      'accept-encoding': 'identity',
    };
    return { method, url, headers, body: body === null ? undefined : Buffer.from(body, 'base64') };
  }
}

const parseUrl = (text: string, base?: URL) => (URL.canParse(text, base) ? new URL(text, base) : undefined);

const lowerCaseHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/**
 * Returns the next request after a redirect response; undefined after any other response. Throws if the redirect leads
 * to another origin.
 */
function followRedirect(
  { method, url, headers, body }: PolicyHttpRequest,
  response: PolicyHttpResponse,
): PolicyHttpRequest | undefined {
  const location = REDIRECTS.includes(response.status) ? response.headers['location'] : undefined;
  if (location === undefined) return undefined;
  const next = parseUrl(location, url);
  if (next?.origin !== url.origin)
    throw new UndecidedPolicyError(`${url.host} redirects to another origin, which policies do not follow`);
  const keepsMethod = response.status >= 307 || method === 'GET' || method === 'HEAD';
  if (keepsMethod) return { method, url: next, headers, body };
  const { 'content-type': _contentType, ...rest } = headers;
  return { method: 'GET', url: next, headers: rest, body: undefined };
}

const toExpressionResponse = ({ url }: PolicyHttpRequest, { status, reason, headers, body }: PolicyHttpResponse) => ({
  ...{ status, reason, headers, url: url.href, body: body.toString('base64') },
});
