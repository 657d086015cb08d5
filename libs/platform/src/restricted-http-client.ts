import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { measureProvider, type Provider } from './provider.metrics.js';
import { filteredLookup, isPublicAddress } from './public-address.js';
import { withHttpRequestSpan } from './tracing/http-client-spans.js';

/** A request to an HTTP server. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The response of the HTTP server, with its complete body. */
export interface OutgoingResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface RequestLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Entry of the allowed hosts that allows every host with a public address. */
const ANY_PUBLIC_HOST = '*';

/** Milliseconds until an idle connection is closed: shorter than the keep-alive time of most servers. */
const IDLE_MS = 4000;

/**
 * HTTP client that sends requests only to hosts that the operator allows, and does not follow redirects. A host that is
 * listed by name may have a private address. A host that only `*` allows must have a public address (prevents SSRF).
 */
export class RestrictedHttpClient {
  private readonly hosts: ReadonlySet<string>;
  private readonly unrestrictedAgents = createAgents(undefined);
  private readonly publicAgents = createAgents(filteredLookup(isPublicAddress));

  /**
   * `hosts` are the allowed hosts, separated by commas; `*` allows every host with a public address. `provider` is the
   * label of the hosts in metrics.
   */
  constructor(
    hosts: string,
    private readonly provider: Provider,
  ) {
    const isListed = hosts.split(',').map((host) => host.trim().toLowerCase());
    this.hosts = new Set(isListed.filter(Boolean));
  }

  /** Returns whether the allowed hosts contain the host of this URL by name. */
  names({ hostname }: URL): boolean {
    return this.hosts.has(hostname);
  }

  /**
   * Returns whether requests to this URL may be sent. The addresses of a host name are checked later, at the
   * connection.
   */
  isAllowed(url: URL): boolean {
    if (this.names(url)) return true;
    const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return this.hosts.has(ANY_PUBLIC_HOST) && (isIP(literal) === 0 || isPublicAddress(literal));
  }

  /**
   * Sends a request and returns the response. Throws if the connection fails, the host is not allowed, or the response
   * has more than `maxBytes` bytes.
   */
  async send(request: OutgoingRequest, { maxBytes, signal }: RequestLimits): Promise<OutgoingResponse> {
    const exchange = async () => {
      const message = await this.receive(request, signal);
      return { status: message.statusCode ?? 0, headers: message.headers, text: await textOf(message, maxBytes) };
    };
    return this.observe(request, exchange);
  }

  /**
   * Sends a request and returns the status of the response without reading its body. Throws if the connection fails or
   * the host is not allowed.
   */
  async sendForStatus(request: OutgoingRequest, signal: AbortSignal): Promise<number> {
    const exchange = async () => {
      const message = await this.receive(request, signal);
      message.destroy();
      return { status: message.statusCode ?? 0 };
    };
    return (await this.observe(request, exchange)).status;
  }

  /**
   * Sends a request and returns the response, without its text if the body has more than `maxBytes` bytes or does not
   * end before `signal` aborts. Then closes the connection. Throws if the connection fails or the host is not allowed.
   */
  async sendBounded(request: OutgoingRequest, { maxBytes, signal }: RequestLimits): Promise<OutgoingResponse> {
    const exchange = async () => {
      const message = await this.receive(request, signal);
      // The caller needs only the status, so a body that is too long or too slow is no failure.
      const text = await textOf(message, maxBytes).catch(() => '');
      return { status: message.statusCode ?? 0, headers: message.headers, text };
    };
    return this.observe(request, exchange);
  }

  /** Measures a request and records its span. */
  private observe<R extends { readonly status: number }>(
    { method, url }: OutgoingRequest,
    exchange: () => Promise<R>,
  ): Promise<R> {
    return withHttpRequestSpan(method, url, () => measureProvider(this.provider, exchange));
  }

  private async receive(
    { url, method, headers, body }: OutgoingRequest,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    if (!this.isAllowed(url)) throw new Error(`requests to ${url.hostname} are not allowed`);
    const { http, https } = this.names(url) ? this.unrestrictedAgents : this.publicAgents;
    const options = {
      method,
      signal,
      headers: { 'user-agent': 'gatehouse', ...headers, 'accept-encoding': 'identity' },
    };
    return new Promise((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: https })
          : httpRequest(url, { ...options, agent: http });
      // After a response with the status 101, Node.js closes the connection without a response or an error, and
      // `signal` has no effect. Reject here, because otherwise the promise would never settle.
      const endedEarly = () => reject(new Error('the connection ended without a response'));
      request.on('response', resolve).on('error', reject).on('close', endedEarly).end(body);
    });
  }
}

/**
 * Returns HTTP agents. `lookup` resolves host names for their sockets; without it, they connect to any address of a
 * name.
 */
function createAgents(lookup: LookupFunction | undefined) {
  const options = { keepAlive: true, timeout: IDLE_MS, ...(lookup && { lookup }) };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

async function textOf(message: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  // An error in this loop destroys the connection.
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the response is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
