import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { keyOf } from './blueprints.js';
import { Browser } from './browser.js';

/** Returns a value of JWT_SIGNING_KEYS with one new key. */
export function newSigningKeys(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return `test:${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`;
}

/** Returns the blueprint entries of a site behind forward auth, `http://SLUG.localhost`, and its application. */
export const siteEntries = (slug: string, attrs: Readonly<Record<string, unknown>> = {}) => [
  {
    model: 'authentik_providers_proxy.proxyprovider',
    id: `${slug} provider`,
    identifiers: { name: slug },
    attrs: { mode: 'forward_single', external_host: `http://${slug}.localhost`, ...attrs },
  },
  {
    model: 'authentik_core.application',
    id: `${slug} application`,
    identifiers: { slug },
    attrs: { name: `The ${slug}`, provider: keyOf(`${slug} provider`) },
  },
];

/** Returns the blueprint entry that restricts a site to a group. */
export const groupBinding = (slug: string, group: string) => ({
  model: 'authentik_policies.policybinding',
  identifiers: { target: keyOf(`${slug} application`), group: keyOf(`group ${group}`), order: 0 },
});

const PATH = '/outpost.goauthentik.io';

/** A kind of proxy. The name is also the segment of the path at which this kind sends its checks. */
export type ProxyKind = 'nginx' | 'traefik' | 'caddy' | 'envoy';

/** A response as the proxy of a site gets it. */
export interface SiteResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface SiteRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The query of the address to which the proxy sends the check. */
  readonly query?: string;
}

/** The browser of a visitor of sites behind forward auth, and the proxies in front of these sites. */
export class SiteVisitor {
  /** Cookies by the host of their site. */
  private readonly jars = new Map<string, Map<string, string>>();
  /** The browser at the host of the login. */
  readonly login: Browser;

  /** `base` is the URL of the gateway that the proxies ask. */
  constructor(
    readonly base: string,
    login?: Browser,
  ) {
    this.login = login ?? new Browser(base);
  }

  /** Asks like a proxy whether a request to `url` may pass. */
  check(
    kind: ProxyKind,
    url: string,
    { method = 'GET', headers = {}, query }: SiteRequest = {},
  ): Promise<SiteResponse> {
    const { protocol, host, origin } = new URL(url);
    const rest = url.slice(origin.length);
    const named: Readonly<Record<ProxyKind, Readonly<Record<string, string>>>> = {
      nginx: { 'x-original-url': url },
      traefik: { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host, 'x-forwarded-uri': rest },
      caddy: { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host, 'x-forwarded-uri': rest },
      envoy: { 'x-forwarded-proto': protocol.slice(0, -1), host },
    };
    const path = `${PATH}/auth/${kind}${kind === 'envoy' ? rest : ''}${query === undefined ? '' : `?${query}`}`;
    return this.send(path, origin, { method, headers: { ...named[kind], ...headers } });
  }

  /** Sends a request for an address that the proxy of the site forwards to Gatehouse. */
  async visit(url: string, { headers = {} }: SiteRequest = {}): Promise<SiteResponse> {
    const { protocol, host, origin } = new URL(url);
    const forwarded = { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host };
    return this.send(url.slice(origin.length), origin, { headers: { ...forwarded, ...headers } });
  }

  /**
   * Opens the address that starts the login at a site. Returns the path and query of the redirect, which leads to the
   * host of the login.
   */
  async start(url: string): Promise<string> {
    const { origin } = new URL(url);
    const { headers } = await this.visit(`${origin}${PATH}/start?rd=${encodeURIComponent(url)}`);
    const { pathname, search } = new URL(headers.get('location') ?? '');
    return pathname + search;
  }

  /** Starts the login as the user who is logged in, and returns the address of the callback with its code. */
  async callbackOf(url: string): Promise<string> {
    return (await this.login.fetch(await this.start(url))).headers.get('location') ?? '';
  }

  /**
   * Logs in at a site as the user of the browser, so that the site sets its cookie. Returns the address to which the
   * site redirects.
   */
  async enter(url: string): Promise<string | null> {
    return (await this.visit(await this.callbackOf(url))).headers.get('location');
  }

  cookie(origin: string, name = 'gatehouse_forward'): string | undefined {
    return this.jarOf(origin).get(name);
  }

  plant(origin: string, name: string, value: string | undefined): void {
    if (value === undefined) this.jarOf(origin).delete(name);
    else this.jarOf(origin).set(name, value);
  }

  private async send(
    path: string,
    origin: string,
    { method = 'GET', headers = {} }: SiteRequest,
  ): Promise<SiteResponse> {
    const cookies = [...this.jarOf(origin)].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await sendRequest(this.base + path, method, {
      ...{ 'x-forwarded-for': '203.0.113.7', ...(cookies && { cookie: cookies }), ...headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1);
      const end = pair.indexOf('=');
      const isDeleted = /max-age=0|expires=Thu, 01 Jan 1970/i.test(line);
      this.plant(origin, pair.slice(0, end), isDeleted ? undefined : pair.slice(end + 1));
    }
    return response;
  }

  private jarOf(origin: string): Map<string, string> {
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    return jar;
  }
}

/** Sends a request with any headers, also a `Host` of another site, which `fetch` does not send. */
async function sendRequest(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<SiteResponse> {
  const sent = request(url, { method, headers, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const received = new Headers();
  for (const [name, values = []] of Object.entries(response.headersDistinct))
    for (const value of values) received.append(name, value);
  return { status: response.statusCode ?? 0, headers: received, text: await text(response) };
}
