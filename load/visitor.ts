import { CookieJar } from './cookie-jar.js';
import type { HttpClient, HttpResponse } from './http-client.js';

const CSRF_COOKIES = ['authentik_csrf', '__Host-authentik_csrf'];

/** Returns the network address of a visitor by number, in 10.0.0.0/8. The first 65,536 are in a /24 network of their own. */
export const addressOf = (number: number): string =>
  `10.${number & 255}.${(number >> 8) & 255}.${(number >> 16) & 255}`;

interface Content {
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The browser of one visitor. Stores cookies, and sends the CSRF header and, if `address` is set, a client address. */
export class Visitor {
  private readonly jar = new CookieJar();

  constructor(
    private readonly client: HttpClient,
    /** The client address to send as X-Forwarded-For. */
    private readonly address?: string,
    /** Cookies that the browser has already, in the form of the header Set-Cookie. */
    cookies: readonly string[] = [],
  ) {
    this.jar.store(cookies);
  }

  /** Sends a request, with `body` as JSON and with further `headers`. Rejects without a complete response. */
  async send(method: 'GET' | 'POST', path: string, { body, headers }: Content = {}): Promise<HttpResponse> {
    const response = await this.client.send({ method, path, body, headers: { ...this.headers(method), ...headers } });
    this.jar.store(response.headers['set-cookie']);
    return response;
  }

  private headers(method: 'GET' | 'POST'): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    const { header: cookie } = this.jar;
    if (cookie) headers['cookie'] = cookie;
    const csrf = CSRF_COOKIES.map((name) => this.jar.get(name)).find(Boolean);
    if (csrf) headers['x-authentik-csrf'] = csrf;
    if (this.address) headers['x-forwarded-for'] = this.address;
    if (method === 'POST') Object.assign(headers, { 'content-type': 'application/json', origin: this.client.origin });
    return headers;
  }
}
