import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { groupBinding, type ProxyKind, SiteVisitor, siteEntries } from '../support/forward-auth.js';

const WIKI = 'http://wiki.localhost';
const SECURE = 'https://secure.example.org';
const DEEP = `${WIKI}/a%20b/%C3%A9?q=1&next=%2Fx&empty=&q=2`;
/** An address that is longer than FORWARD_AUTH_RD_BYTES. */
const TOO_LONG = `${WIKI}/${'a'.repeat(1200)}`;
const PATH = '/outpost.goauthentik.io';
const KINDS: readonly ProxyKind[] = ['nginx', 'traefik', 'caddy', 'envoy'];

/** Addresses of other origins, and malformed addresses. No login may redirect to one of them. */
const FORGED: readonly string[] = [
  ...[
    'https://evil.example',
    '//evil.example',
    'http://wiki.localhost.evil.example',
    'http://wiki.localhost@evil.example',
  ],
  ...[
    `${WIKI}//evil.example`,
    `${WIKI}/\\evil.example`,
    'http:\\\\evil.example',
    `${WIKI}:81/`,
    'https://wiki.localhost/',
  ],
  ...[
    'javascript:alert(1)',
    'http:evil.example',
    `${WIKI}\\@evil.example/`,
    `${WIKI}/a\r\nSet-Cookie: x=y`,
    '/path',
    '',
  ],
  ...[`${WIKI}${PATH}/sign_out`, `${WIKI}/x/..${PATH}/start`, `${WIKI}/%6futpost.goauthentik.io/start`],
  TOO_LONG,
];

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ['alice', 'bob'].map((name) => userEntry(name)),
        groupEntry('staff', { users: ['alice'] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation', authentication: 'require_authenticated' }),
        siteEntries('wiki'),
        siteEntries('news'),
        siteEntries('secure', { external_host: SECURE }),
        siteEntries('staffed'),
        groupBinding('staffed', 'staff'),
      ),
    ],
    services: ['identification', 'password', 'session'],
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
  });
}, 120_000);
afterAll(() => deployment?.close());

async function visitor(name?: string, base = deployment.url): Promise<SiteVisitor> {
  const site = new SiteVisitor(base);
  if (name === undefined) return site;
  await site.login.solve('login', { uid_field: name });
  await site.login.solve('login', { password: 'correct-horse-7' });
  return site;
}

describe('the login at a site behind forward auth', () => {
  it.each(KINDS)(
    'redirects an anonymous visitor behind %s to the login, and back to exactly the requested address',
    async (kind) => {
      const guest = await visitor();
      const refused = await guest.check(kind, DEEP);
      expect(refused.status).toBe(kind === 'nginx' ? 401 : 302);
      const start = refused.headers.get('location')!;
      expect(start).toBe(`${WIKI}${PATH}/start?rd=${encodeURIComponent(DEEP)}`);

      const begun = await guest.visit(start);
      const authorize = new URL(begun.headers.get('location')!);
      expect(authorize.origin).toBe(deployment.url);
      const login = await guest.login.fetch(authorize.pathname + authorize.search);
      const next = new URL(login.headers.get('location')!, deployment.url);
      expect(next.pathname).toBe('/if/flow/login/');
      const query = next.search.slice(1);
      await guest.login.solve('login', { uid_field: 'alice' }, query);
      const done = await guest.login.solve('login', { password: 'correct-horse-7' }, query);
      expect(done.body).toMatchObject({ component: 'xak-flow-redirect', to: authorize.pathname + authorize.search });

      const callback = await guest.login.fetch(String(done.body['to']));
      expect((await guest.visit(callback.headers.get('location')!)).headers.get('location')).toBe(DEEP);
      const passed = await guest.check(kind, DEEP);
      expect(passed.status).toBe(200);
      expect(Object.fromEntries(passed.headers)).toMatchObject({
        ...{ 'x-authentik-username': 'alice', 'x-authentik-groups': 'staff', 'x-authentik-email': 'alice@example.org' },
        ...{ 'x-authentik-name': 'alice', 'x-authentik-uid': expect.stringMatching(/^[0-9a-f]{64}$/) },
        ...{ 'x-authentik-meta-app': 'wiki', 'x-authentik-meta-provider': 'wiki' },
        ...{
          'remote-user': 'alice',
          'remote-groups': 'staff',
          'remote-email': 'alice@example.org',
          'remote-name': 'alice',
        },
      });
    },
  );

  it('redirects an anonymous visitor back to an address of the maximum length', async () => {
    const guest = await visitor();
    const longest = `${WIKI}/${'?'.repeat(1200 - WIKI.length - 1)}`;
    const authorize = await guest.start(longest);
    const query = `next=${encodeURIComponent(authorize)}`;
    await guest.login.solve('login', { uid_field: 'alice' }, query);
    const done = await guest.login.solve('login', { password: 'correct-horse-7' }, query);
    const callback = await guest.login.fetch(String(done.body['to']));
    expect((await guest.visit(callback.headers.get('location')!)).headers.get('location')).toBe(longest);
  });

  it('accepts a destination that is not URL-encoded, as nginx sends it', async () => {
    const alice = await visitor('alice');
    const { headers } = await alice.visit(`${WIKI}${PATH}/start?rd=${DEEP}`);
    const { pathname, search } = new URL(headers.get('location')!);
    const callback = (await alice.login.fetch(pathname + search)).headers.get('location')!;
    expect((await alice.visit(callback)).headers.get('location')).toBe(DEEP);
  });

  it('accepts an unencoded destination after other parameters, and reads no parameter from the destination', async () => {
    const alice = await visitor('alice');
    const address = `${DEEP}&prompt=login`;
    const { headers } = await alice.visit(`${WIKI}${PATH}/start?max_age=600&rd=${address}`);
    const { pathname, search, searchParams } = new URL(headers.get('location')!);
    expect([searchParams.get('max_age'), searchParams.get('prompt')]).toEqual(['600', null]);
    const callback = (await alice.login.fetch(pathname + search)).headers.get('location')!;
    expect((await alice.visit(callback)).headers.get('location')).toBe(address);
  });

  it('sets a host-only cookie, whose name begins with __Host- at an https site', async () => {
    const alice = await visitor('alice');
    const callback = await alice.callbackOf(`${SECURE}/`);
    const { headers } = await alice.visit(callback);
    const lines = headers.getSetCookie();
    expect(lines).toEqual([
      expect.stringMatching(/^__Host-gatehouse_forward=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    expect((await alice.check('caddy', `${SECURE}/`)).status).toBe(200);
    const plain = alice.cookie(SECURE, '__Host-gatehouse_forward')!;
    alice.plant(SECURE, '__Host-gatehouse_forward', undefined);
    alice.plant(SECURE, 'gatehouse_forward', plain);
    expect((await alice.check('caddy', `${SECURE}/`)).status).toBe(302);
  });

  it('accepts a code once, even from two concurrent requests', async () => {
    const alice = await visitor('alice');
    const callback = await alice.callbackOf(`${WIKI}/`);
    const both = await Promise.all([alice.visit(callback), alice.visit(callback)]);
    expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([302, 400]);
    expect((await alice.visit(callback)).status).toBe(400);
  });

  it('refuses a code in another browser, without using it up and without a loop', async () => {
    const alice = await visitor('alice');
    const callback = await alice.callbackOf(`${WIKI}/`);
    const mallory = await visitor('bob');
    await mallory.start(`${WIKI}/`);
    for (const other of [mallory, await visitor()]) {
      const refused = await other.visit(callback);
      expect(refused.status).toBe(400);
      expect(refused.headers.get('location')).toBeNull();
      expect(refused.text).toContain('The login could not be finished');
      expect(other.cookie(WIKI)).toBeUndefined();
    }
    expect((await alice.visit(callback)).status).toBe(302);
  });

  it('refuses a code at another site, and with another destination', async () => {
    const alice = await visitor('alice');
    await alice.start('http://news.localhost/');
    const callback = await alice.callbackOf(`${WIKI}/`);
    alice.plant('http://news.localhost', 'gatehouse_forward_nonce', alice.cookie(WIKI, 'gatehouse_forward_nonce'));
    const elsewhere = callback.replace(WIKI, 'http://news.localhost');
    const news = Buffer.from('http://news.localhost/').toString('base64url');
    expect((await alice.visit(elsewhere)).status).toBe(400);
    expect((await alice.visit(elsewhere.replace(/rd=[^&]+/, `rd=${news}`))).status).toBe(400);
    const other = Buffer.from(`${WIKI}/other`).toString('base64url');
    expect((await alice.visit(callback.replace(/rd=[^&]+/, `rd=${other}`))).status).toBe(400);
    expect((await alice.visit(callback)).status).toBe(302);
  });

  it('refuses a code whose user has logged out meanwhile', async () => {
    const alice = await visitor('alice');
    const callback = await alice.callbackOf(`${WIKI}/`);
    await alice.login.fetch('/api/v3/flows/executor/logout/?query=');
    expect((await alice.visit(callback)).status).toBe(400);
  });

  it('ends a redirect loop by the rate limit of codes', async () => {
    const alice = await visitor('alice', await deployment.openAnotherGateway({ FORWARD_AUTH_CODE_RATE: '2' }));
    const address = await alice.start(`${WIKI}/`);
    const codes = await Promise.all(Array.from({ length: 6 }, () => alice.login.fetch(address)));
    expect(codes.map(({ status }) => status).sort((a, b) => a - b)).toEqual([302, 302, 429, 429, 429, 429]);
  });

  it('shows an access-denied page with status 403 to a user who may not use the application', async () => {
    const bob = await visitor('bob');
    const address = await bob.start('http://staffed.localhost/');
    const { status, text, headers } = await bob.login.fetch(address, { headers: { accept: 'text/html' } });
    expect([status, headers.get('location')]).toEqual([403, null]);
    expect(text).toContain('ak-stage-access-denied');
    expect(text).toContain('You may not use The staffed.');
    const alice = await visitor('alice');
    expect(await alice.enter('http://staffed.localhost/')).toBe('http://staffed.localhost/');
  });

  it('records the event authorize_application', async () => {
    const alice = await visitor('alice');
    const before = await deployment.rows(`SELECT FROM flow.outbox WHERE topic = 'events.authorize_application'`);
    await alice.enter(`${WIKI}/`);
    const after = await deployment.rows(`SELECT FROM flow.outbox WHERE topic = 'events.authorize_application'`);
    expect(after.length).toBe(before.length + 1);
  });
});

describe('the login paths of a site', () => {
  it.each(FORGED.map((rd) => [rd.slice(0, 60), rd] as const))(
    'redirect to the front page instead of %j',
    async (_, rd) => {
      const alice = await visitor('alice');
      const { headers } = await alice.visit(`${WIKI}${PATH}/start?rd=${encodeURIComponent(rd)}`);
      const begun = new URL(headers.get('location')!);
      expect(begun.origin).toBe(deployment.url);
      // Forges the address in the request for the authorization too, because it comes from the browser.
      begun.searchParams.set('rd', Buffer.from(rd, 'latin1').toString('base64url'));
      const callback = (await alice.login.fetch(begun.pathname + begun.search)).headers.get('location')!;
      expect(callback.startsWith(`${WIKI}${PATH}/callback?code=`)).toBe(true);
      expect((await alice.visit(callback)).headers.get('location')).toBe(`${WIKI}/`);
    },
  );

  it('return 404 at a host without an application, and never redirect', async () => {
    const alice = await visitor('alice');
    for (const url of ['http://other.localhost', 'https://wiki.localhost', deployment.url, 'http://localhost']) {
      for (const path of ['start?rd=https://evil.example', 'callback?code=x', 'sign_out']) {
        const { status, headers } = await alice.visit(`${url}${PATH}/${path}`);
        expect([url, path, status, headers.get('location')]).toEqual([url, path, 404, null]);
      }
    }
    const address = await alice.start(`${WIKI}/`);
    const elsewhere = await alice.visit(`${WIKI}${address}`);
    expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([404, null]);
    expect((await alice.login.fetch(address.replace('application=wiki', 'application=none'))).status).toBe(404);
    expect((await alice.login.fetch(address.replace(/state=[^&]+/, 'state=x'))).status).toBe(400);
  });
});

describe('the token of a site', () => {
  it('can be verified with the published keys', async () => {
    const alice = await visitor('alice');
    await alice.enter(`${WIKI}/`);
    const { headers } = await alice.check('traefik', `${WIKI}/`);
    const keys = createRemoteJWKSet(new URL(headers.get('x-authentik-meta-jwks')!));
    const options = { issuer: `${deployment.url}/application/o/wiki/`, audience: WIKI, algorithms: ['ES256'] };
    const { payload } = await jwtVerify(headers.get('x-authentik-jwt')!, keys, options);
    expect(payload).toMatchObject({
      ...{ sub: headers.get('x-authentik-uid'), preferred_username: 'alice', groups: ['staff'] },
      ...{ email: 'alice@example.org', exp: payload.iat! + 60 },
    });
  });
});
