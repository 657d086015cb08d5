import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';

interface HttpsRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A response of a site. */
export interface HttpsResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Number of redirects after which a browser shows an error. */
const MAX_REDIRECTS = 20;

/**
 * The browser of a visitor of several https sites. A proxy at one port of this machine serves all of them. Stores
 * cookies per host, and sends paths byte for byte.
 */
export class HttpsVisitor {
  private readonly cookies = new Map<string, Map<string, string>>();

  /** `ca`: the certificate that the sites must have. A host may have a port, which the requests name. */
  constructor(
    private readonly port: number,
    private readonly ca: string,
  ) {}

  /** Sends a request to `https://<host><target>`, without following redirects. */
  async send(host: string, target: string, { method = 'GET', headers = {}, body }: HttpsRequest = {}) {
    const outgoing = request({ ...this.options(host), path: target, method, headers: this.headersOf(host, headers) });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    for (const line of response.headers['set-cookie'] ?? []) this.store(host, line);
    return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
  }

  /**
   * Opens `https://<host><target>` and follows redirects, as a browser does. Returns the last response, and all
   * addresses in order. Throws after 20 redirects.
   */
  async open(host: string, target: string): Promise<HttpsResponse & { readonly addresses: readonly string[] }> {
    const addresses = [`https://${host}${target}`];
    let [site, path] = [host, target];
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.send(site, path);
      const { location } = response.headers;
      if (response.status < 300 || response.status > 399 || location === undefined) return { ...response, addresses };
      const address = new URL(location, `https://${site}`);
      [site, path] = [address.host, address.pathname + address.search];
      addresses.push(address.href);
    }
    throw new Error(`too many redirects:\n${addresses.join('\n')}`);
  }

  /** Opens a WebSocket. Resolves with it, or with the status of a refusal. */
  async socket(host: string, target: string): Promise<WebSocket | number> {
    const { port, ...tls } = this.options(host);
    const headers = this.headersOf(host, {});
    const socket = new WebSocket(`wss://127.0.0.1:${port}${target}`, { ...tls, headers });
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
      socket.once('error', reject);
    });
  }

  /** Returns the cookies of a host. */
  cookiesOf(host: string): ReadonlyMap<string, string> {
    return this.cookies.get(host) ?? new Map();
  }

  /** Sets a cookie, as the application does. */
  plant(host: string, name: string, value: string): void {
    this.cookies.set(host, new Map([...this.cookiesOf(host), [name, value]]));
  }

  private options(host: string) {
    return {
      host: '127.0.0.1',
      port: this.port,
      servername: host.replace(/:\d+$/, ''),
      ca: this.ca,
      agent: false as const,
    };
  }

  private headersOf(host: string, headers: Readonly<Record<string, string>>) {
    const cookie = [...this.cookiesOf(host)].map((pair) => pair.join('=')).join('; ');
    return { host, ...(cookie ? { cookie } : {}), ...headers };
  }

  /** Stores a cookie as a browser does. Throws if other hosts would get it. */
  private store(host: string, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    if (attributes.some((attribute) => /^domain=/i.test(attribute)))
      throw new Error(`the cookie has a domain: ${line}`);
    const end = pair.indexOf('=');
    const cookies = new Map(this.cookiesOf(host));
    if (attributes.some((attribute) => /^max-age=0$|^expires=.* 1970 /i.test(attribute)))
      cookies.delete(pair.slice(0, end));
    else cookies.set(pair.slice(0, end), pair.slice(end + 1));
    this.cookies.set(host, cookies);
  }
}
