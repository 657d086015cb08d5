import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { filteredLookup, isPublicAddress } from './public-address.js';

/** One question to a server of the web. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** What the server said to it. */
export interface OutgoingResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface RequestLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Among the hosts that are named: all that have a public address. */
const ANY_PUBLIC_HOST = '*';

/** Milliseconds that an idle connection is kept; servers mostly keep theirs longer. */
const IDLE_MS = 4000;

/**
 * Asks those servers of the web that the operator lets it ask, and follows none of them elsewhere. A host that is named may be
 * anywhere; what somebody else names is no way into the house.
 */
export class RestrictedHttpClient {
  private readonly hosts: ReadonlySet<string>;
  private readonly named = agents(undefined);
  private readonly unnamed = agents(filteredLookup(isPublicAddress));

  /** `hosts`, comma separated; `*` is any of the internet. */
  constructor(hosts: string) {
    const all = hosts.split(',').map((host) => host.trim().toLowerCase());
    this.hosts = new Set(all.filter(Boolean));
  }

  /** Whether the operator has named the host of this address. */
  names({ hostname }: URL): boolean {
    return this.hosts.has(hostname);
  }

  /** Whether this address may be asked at all; where its name leads is seen when it is. */
  admits(url: URL): boolean {
    if (this.names(url)) return true;
    const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return this.hosts.has(ANY_PUBLIC_HOST) && (isIP(literal) === 0 || isPublicAddress(literal));
  }

  /** Throws what a connection throws, and an Error for a host that may not be asked and for an answer of more than `maxBytes`. */
  async send(question: OutgoingRequest, { maxBytes, signal }: RequestLimits): Promise<OutgoingResponse> {
    if (!this.admits(question.url)) throw new Error(`${question.url.hostname} may not be asked`);
    const message = await this.answerTo(question, signal);
    return { status: message.statusCode ?? 0, headers: message.headers, text: await textOf(message, maxBytes) };
  }

  private answerTo({ url, method, headers, body }: OutgoingRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { http, https } = this.names(url) ? this.named : this.unnamed;
    const options = {
      method,
      signal,
      headers: { 'user-agent': 'gatehouse', ...headers, 'accept-encoding': 'identity' },
    };
    return new Promise((resolve, reject) => {
      const sent =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: https })
          : httpRequest(url, { ...options, agent: http });
      sent.on('response', resolve).on('error', reject).end(body);
    });
  }
}

/** `lookup` resolves names where connections are made; without it any address of a name will do. */
function agents(lookup: LookupFunction | undefined) {
  const options = { keepAlive: true, timeout: IDLE_MS, ...(lookup && { lookup }) };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

async function textOf(message: IncomingMessage, maxBytes: number): Promise<string> {
  const read: Buffer[] = [];
  let length = 0;
  // What ends the loop early ends the connection, too.
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    read.push(chunk);
  }
  return Buffer.concat(read).toString();
}
