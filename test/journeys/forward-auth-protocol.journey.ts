import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { SiteVisitor, siteEntries } from '../support/forward-auth.js';
import { configurationIn } from '../support/how-to-page.js';
import { type RawResponse, sendRaw } from '../support/raw-http.js';

/** The host of the application in the pages docs/how-to/forward-auth-*.md. */
const HOST = 'app.example.org';
const SITE = `https://${HOST}`;
const IDENTITY = /^(x-authentik-|remote-)/;
const COOKIE = '__Host-gatehouse_forward';
/** Paths that a proxy forwards to Gatehouse for visitors, and paths that only the proxy itself may request. */
const LOGIN_PATHS = ['start', 'callback', 'sign_out'].map((name) => `/outpost.goauthentik.io/${name}`);
const CHECK_PATHS = ['auth/traefik', 'auth/envoy/', 'auth/envoy/start', 'ping', ''].map(
  (name) => `/outpost.goauthentik.io/${name}`,
);

let deployment: Deployment;
/** A visitor who is logged in at the application. */
let visitor: SiteVisitor;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        siteEntries('app', { external_host: SITE }),
      ),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
  });
  visitor = new SiteVisitor(deployment.url);
  await visitor.login.solve('login', { uid_field: 'alice' });
  await visitor.login.solve('login', { password: 'correct-horse-7' });
  await visitor.enter(`${SITE}/`);
});
afterAll(() => deployment.close());

const cookies = () => `cart=7; ${COOKIE}=${visitor.cookie(SITE, COOKIE)}; lang=de`;

/** Sends a request with these headers, and no body, to the gateway. */
function send(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<RawResponse> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return sendRaw(deployment.url, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
}

/** Returns the names of the headers that say who the user is. */
const identityIn = ({ headers }: RawResponse) => Object.keys(headers).filter((name) => IDENTITY.test(name));

describe('the requests of Traefik, as its documentation describes them,', () => {
  interface Middleware {
    readonly address: string;
    readonly authResponseHeaders: readonly string[];
    readonly authResponseHeadersRegex: string;
  }
  let middleware: Middleware;
  let loginRule: string;
  let siteRule: string;
  let priorities: readonly [site: number, login: number];
  /**
   * Matches the headers that Traefik takes from the response to the check, in place of the visitor's headers of these
   * names.
   */
  let replaced: RegExp;

  beforeAll(async () => {
    const text = configurationIn('forward-auth-traefik', '/etc/traefik/dynamic/gatehouse.yml');
    const page = parse(text) as {
      http: {
        routers: Record<'application' | 'application-login', { rule: string; priority: number }>;
        middlewares: { gatehouse: { forwardAuth: Middleware } };
      };
    };
    const { application, 'application-login': login } = page.http.routers;
    [loginRule, siteRule] = [login.rule, application.rule];
    priorities = [application.priority, login.priority];
    middleware = page.http.middlewares.gatehouse.forwardAuth;
    replaced = new RegExp(middleware.authResponseHeadersRegex.replace('(?i)', ''), 'i');
  });

  /**
   * Sends a check as Traefik does: a GET with the headers of the visitor, and the address of the visitor's request in
   * X-Forwarded-*.
   */
  const check = (method: string, uri: string, headers: Readonly<Record<string, string>>) => {
    const { host, pathname } = new URL(middleware.address);
    const forwarded = { Method: method, Proto: 'https', Host: HOST, Uri: uri, For: '203.0.113.7' };
    return send('GET', pathname, {
      ...{ host, 'accept-encoding': 'gzip' },
      ...headers,
      ...Object.fromEntries(Object.entries(forwarded).map(([name, value]) => [`X-Forwarded-${name}`, value])),
    });
  };

  it('redirect an anonymous visitor to the login by an absolute URL', async () => {
    const { status, headers } = await check('POST', '/a?x=1&y=%26', { 'content-type': 'text/plain' });

    expect(status).toBe(302);
    expect(headers['location']).toBe(
      `${SITE}/outpost.goauthentik.io/start?rd=${encodeURIComponent(`${SITE}/a?x=1&y=%26`)}`,
    );
  });

  it('let a user pass, and the documented configuration copies the identity headers and replaces the cookies', async () => {
    const response = await check('GET', '/', { cookie: cookies(), 'x-authentik-username': 'evil' });

    expect(response).toMatchObject({
      status: 200,
      headers: { 'x-authentik-username': 'alice', cookie: 'cart=7; lang=de' },
    });
    expect(identityIn(response).filter((name) => !replaced.test(name))).toEqual([]);
    expect(middleware.authResponseHeaders).toEqual(['Cookie']);
    expect(middleware.authResponseHeadersRegex).toMatch(/^\(\?i\)/);
    for (const forged of ['X_Authentik_Username', 'Remote_user', 'REMOTE-GROUPS', 'X-authentik-other'])
      expect(forged).toMatch(replaced);
    expect('X-Forwarded-For').not.toMatch(replaced);
  });

  it.each([
    ['Connection', ['Upgrade', 'keep-alive'], ['X-Authentik-Username', 'close, remote-user', 'Cookie']],
    ['Upgrade', ['websocket'], ['h2c', 'H2C, websocket']],
  ])(
    'are refused by the documented configuration if the header %s could bypass the check',
    (header, allowed, refused) => {
      const pattern = new RegExp(`!HeaderRegexp\\(\`${header}\`, \`\\(\\?i\\)([^\`]+)\`\\)`).exec(siteRule)?.[1];
      const refusal = new RegExp(pattern ?? '^', 'i');

      expect([...allowed, ...refused].filter((value) => refusal.test(value))).toEqual(refused);
    },
  );

  it('come from Traefik alone: the documented configuration routes no visitor to the address of a check', () => {
    const pattern = new RegExp(/PathRegexp\(`(.*)`\)/.exec(loginRule)?.[1] ?? '');

    expect([...LOGIN_PATHS, ...CHECK_PATHS].filter((path) => pattern.test(path))).toEqual(LOGIN_PATHS);
    expect(priorities[1]).toBeGreaterThan(priorities[0]);
  });
});

describe('the requests of Envoy, as its documentation describes them,', () => {
  interface Patterns {
    readonly patterns: readonly { readonly exact?: string; readonly prefix?: string }[];
  }
  interface ExtAuthz {
    readonly allowed_headers: Patterns;
    readonly http_service: {
      readonly path_prefix: string;
      readonly authorization_response: { readonly allowed_upstream_headers: Patterns };
    };
  }
  interface ConnectionManager {
    readonly http_filters: readonly { readonly typed_config: unknown }[];
    readonly route_config: {
      readonly virtual_hosts: readonly {
        readonly domains: readonly string[];
        readonly routes: readonly { readonly match: { readonly safe_regex?: { readonly regex: string } } }[];
      }[];
    };
  }
  let filter: ExtAuthz;
  let removed: readonly string[];
  let loginPattern: RegExp;

  beforeAll(async () => {
    const page = parse(configurationIn('forward-auth-envoy', '/etc/envoy/envoy.yaml')) as {
      static_resources: {
        listeners: {
          filter_chains: { filters: { typed_config: ConnectionManager }[] }[];
        }[];
      };
    };
    const manager = page.static_resources.listeners[0]!.filter_chains[0]!.filters[0]!.typed_config;
    const site = manager.route_config.virtual_hosts.find(({ domains }) => domains.includes(HOST));
    loginPattern = new RegExp(`^(?:${site?.routes[0]?.match.safe_regex?.regex})$`);
    const [mutation, check] = manager.http_filters.map(({ typed_config }) => typed_config) as [
      { mutations: { request_mutations: { remove: string }[] } },
      ExtAuthz,
    ];
    filter = check;
    removed = mutation.mutations.request_mutations.map(({ remove }) => remove);
  });

  const matches = (name: string, { patterns }: Patterns) =>
    patterns.some(({ exact, prefix }) => name === exact || (prefix !== undefined && name.startsWith(prefix)));

  /**
   * Sends a check as Envoy does: the visitor's method and allowed headers, no body, and the visitor's path after a
   * prefix.
   */
  const check = (method: string, path: string, headers: Readonly<Record<string, string>>) => {
    const all = { ...headers, 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
    const allowed = Object.entries(all).filter(([name]) => matches(name, filter.allowed_headers));
    return send(method, `${filter.http_service.path_prefix}${path}`, {
      ...{ host: HOST, 'content-length': '0' },
      ...Object.fromEntries(allowed),
    });
  };

  it.each(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])(
    'redirect an anonymous visitor to the login: %s',
    async (method) => {
      const { status, headers } = await check(method, '/a?x=1&y=%26', { 'content-type': 'application/json' });

      expect(status).toBe(302);
      expect(headers['location']).toBe(
        `${SITE}/outpost.goauthentik.io/start?rd=${encodeURIComponent(`${SITE}/a?x=1&y=%26`)}`,
      );
    },
  );

  it('let a user pass, and the documented configuration replaces the identity headers and the cookies', async () => {
    const response = await check('POST', '/', { cookie: cookies() });
    const { allowed_upstream_headers } = filter.http_service.authorization_response;

    expect(response).toMatchObject({
      status: 200,
      headers: { 'x-authentik-username': 'alice', cookie: 'cart=7; lang=de' },
    });
    expect(identityIn(response).filter((name) => !removed.includes(name))).toEqual([]);
    for (const name of [...identityIn(response), 'cookie']) expect(matches(name, allowed_upstream_headers)).toBe(true);
  });

  it('come from Envoy alone: the documented configuration routes no visitor to the address of a check', () => {
    expect([...LOGIN_PATHS, ...CHECK_PATHS].filter((path) => loginPattern.test(path))).toEqual(LOGIN_PATHS);
  });
});

describe('the requests of Ingress-NGINX, as its documentation describes them,', () => {
  const page = DocumentedCommands.of('docs/how-to/protect-an-application.md').block('yaml', /auth-url/);
  const annotations = parse(page) as Readonly<Record<string, string>>;
  const annotation = (name: string) => annotations[`nginx.ingress.kubernetes.io/${name}`] ?? '';

  it('let a user pass, and the documented annotations name every identity header', async () => {
    const response = await send('GET', new URL(annotation('auth-url')).pathname, {
      ...{ host: HOST, cookie: cookies(), 'x-original-url': `${SITE}/` },
      ...{ 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
    });
    const named = annotation('auth-response-headers').toLowerCase().split(',');

    expect(response).toMatchObject({ status: 200, headers: { 'x-authentik-username': 'alice' } });
    expect(named).toContain('cookie');
    expect(identityIn(response).filter((name) => name !== 'x-authentik-id' && !named.includes(name))).toEqual([]);
  });

  describe('at the sign-in address', () => {
    const address = `${SITE}/a%20b?x=1&y=%26`;
    const escaped = encodeURIComponent(address.slice(SITE.length));
    const variables = { $scheme: 'https', $http_host: HOST, $escaped_request_uri: escaped };
    /** Sends the visitor to the sign-in address. Returns the path at Gatehouse to which it redirects. */
    const signIn = async (by: SiteVisitor) => {
      const names = Object.entries(variables);
      const url = names.reduce((text, [name, value]) => text.replace(name, () => value), annotation('auth-signin'));
      const { pathname, search } = new URL((await by.visit(url)).headers.get('location')!);
      return pathname + search;
    };
    const next = async (browser: Browser, path: string) => (await browser.fetch(path)).headers.get('location')!;

    it('redirect a visitor who is logged in at Gatehouse, without a form, to exactly the requested address', async () => {
      const callback = await next(visitor.login, await signIn(visitor));
      expect((await visitor.visit(callback)).headers.get('location')).toBe(address);
    });

    it('redirect an anonymous visitor to the login, and from there to exactly the requested address', async () => {
      const anonymous = new SiteVisitor(deployment.url);
      const login = new URL(await next(anonymous.login, await signIn(anonymous)), deployment.url);
      expect(login.pathname).toBe('/if/flow/login/');
      await anonymous.login.solve('login', { uid_field: 'alice' }, login.search.slice(1));
      const { body } = await anonymous.login.solve('login', { password: 'correct-horse-7' }, login.search.slice(1));
      const callback = await next(anonymous.login, String(body['to']));
      expect((await anonymous.visit(callback)).headers.get('location')).toBe(address);
    });
  });
});
