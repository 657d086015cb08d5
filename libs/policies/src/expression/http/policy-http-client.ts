import { lookup, lookupService } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { filteredLookup } from '@gatehouse/platform';
import { z } from 'zod';
import { UndecidedPolicyError } from '../../policy.js';
import type { AllowedHosts } from './allowed-hosts.js';
import { type PolicyHttpRequest, type PolicyHttpResponse, sendRequest } from './http-request.js';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MAX_REDIRECTS = 5;
/** What this side decides of a request. */
const OWN_HEADERS = /^(host|connection|content-length|transfer-encoding|accept-encoding|upgrade|te|trailer|expect)$/i;

/** A question to a server, as an expression puts it. */
export const httpRequestArguments = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Base64. */
  body: z.string().nullable(),
  timeout_ms: z.number().positive().nullable(),
  redirects: z.boolean(),
});

export interface PolicyHttpLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** In one evaluation. */
  readonly requests: number;
}

/** What policies may ask outside of the house: the hosts that the operator names, and nobody else. */
export class PolicyHttpClient {
  private readonly lookup: LookupFunction;

  constructor(
    private readonly hosts: AllowedHosts,
    readonly limits: PolicyHttpLimits,
  ) {
    this.lookup = filteredLookup((address) => hosts.admitsAddress(address));
  }

  /** Asks a server; follows where it leads as long as that is the same one. Throws Undecidable when nothing comes of it. */
  async ask(question: z.output<typeof httpRequestArguments>, signal: AbortSignal): Promise<object> {
    if (this.hosts.none) throw new UndecidedPolicyError('Outgoing requests are off.');
    const time = AbortSignal.timeout(Math.ceil(Math.min(question.timeout_ms ?? Infinity, this.limits.timeoutMs)));
    const bounds = { maxBytes: this.limits.maxBytes, signal: AbortSignal.any([time, signal]), lookup: this.lookup };
    let request = this.requestOf(question);
    for (let followed = 0; ; followed++) {
      const answer = await sendRequest(request, bounds);
      const next = question.redirects ? followRedirect(request, answer) : undefined;
      if (!next) return toExpressionResponse(request, answer);
      if (followed === MAX_REDIRECTS) throw new UndecidedPolicyError(`${request.url.host} leads round and round`);
      request = next;
    }
  }

  /** The addresses of a host; none of one that policies may not know. */
  async addressesOf(host: string, family: 4 | 6 | 0): Promise<string[]> {
    if (!this.hosts.admitsName(host)) return [];
    const found = await lookup(host, { all: true, family }).catch(() => []);
    return [...new Set(found.map(({ address }) => address))];
  }

  /** The name of an address, if it is one of a host that policies may know; else the address. */
  async nameOf(address: string): Promise<string> {
    if (this.hosts.none || isIP(address) === 0) return address;
    const found = await lookupService(address, 80).catch(() => undefined);
    return found && this.hosts.admitsName(found.hostname) ? found.hostname : address;
  }

  private requestOf({
    method,
    url: text,
    headers: given,
    body,
  }: z.output<typeof httpRequestArguments>): PolicyHttpRequest {
    const url = addressOf(text);
    if (!url || !this.hosts.admits(url))
      throw new UndecidedPolicyError(`policies may not ask ${url?.host ?? 'what is no address'}`);
    if (url.username || url.password) throw new UndecidedPolicyError('credentials do not belong in an address');
    const own = Object.keys(given).find((name) => OWN_HEADERS.test(name));
    if (own) throw new UndecidedPolicyError(`a policy does not set the header ${own}`);
    const headers = {
      'user-agent': 'gatehouse',
      accept: '*/*',
      ...lowerCaseHeaders(given),
      'accept-encoding': 'identity',
    };
    return { method, url, headers, body: body === null ? undefined : Buffer.from(body, 'base64') };
  }
}

const addressOf = (text: string, base?: URL) => (URL.canParse(text, base) ? new URL(text, base) : undefined);

const lowerCaseHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Where the same server sends the request on to. */
function followRedirect(
  { method, url, headers, body }: PolicyHttpRequest,
  answer: PolicyHttpResponse,
): PolicyHttpRequest | undefined {
  const where = REDIRECTS.includes(answer.status) ? answer.headers['location'] : undefined;
  if (where === undefined) return undefined;
  const next = addressOf(where, url);
  if (next?.origin !== url.origin)
    throw new UndecidedPolicyError(`${url.host} leads elsewhere, where policies do not follow`);
  const keeps = answer.status >= 307 || method === 'GET' || method === 'HEAD';
  if (keeps) return { method, url: next, headers, body };
  const { 'content-type': _of, ...rest } = headers;
  return { method: 'GET', url: next, headers: rest, body: undefined };
}

const toExpressionResponse = ({ url }: PolicyHttpRequest, { status, reason, headers, body }: PolicyHttpResponse) => ({
  ...{ status, reason, headers, url: url.href, body: body.toString('base64') },
});
