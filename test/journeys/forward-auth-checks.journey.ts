import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { groupBinding, type ProxyKind, SiteVisitor, siteEntries } from '../support/forward-auth.js';
import { sendRaw } from '../support/raw-http.js';

const WIKI = 'http://wiki.localhost';
const STAFFED = 'http://staffed.localhost';
const PATH = '/outpost.goauthentik.io';
const KINDS: readonly ProxyKind[] = ['nginx', 'traefik', 'caddy', 'envoy'];
const TRUSTING = { TRUSTED_PROXIES: '127.0.0.1' };
/** Options of `expect.poll` with a timeout that is shorter than the lifetime of a cached verdict. */
const FAST = { interval: 20, timeout: 3000 };
/** A name that is not ASCII and would add a header. */
const HOSTILE_NAME = 'Eve\r\nX-Admin: yes\u0085 Ünï';

const EVE = userEntry('eve', { name: HOSTILE_NAME });

const EXPRESSION = [
  {
    model: 'authentik_policies_expression.expressionpolicy',
    id: 'office',
    identifiers: { name: 'office' },
    attrs: { expression: 'return str(ak_client_ip) == "203.0.113.7" and context["application"] is not None' },
  },
  {
    model: 'authentik_policies.policybinding',
    identifiers: { target: keyOf('office application'), policy: keyOf('office'), order: 0 },
  },
];

let deployment: Deployment;
/** URL of a gateway that caches no verdicts. */
let uncached: string;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ['alice', 'bob', 'carol'].map((name) => userEntry(name)),
        EVE,
        groupEntry('staff', { users: ['alice', 'carol', 'eve'] }),
        userEntry('dave'),
        groupEntry('x'.repeat(7000), { users: ['dave'] }),
        groupEntry('a|admins', { users: ['eve'] }),
        groupEntry('b,admins', { users: ['eve'] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation', authentication: 'require_authenticated' }),
        siteEntries('wiki'),
        siteEntries('staffed'),
        groupBinding('staffed', 'staff'),
        siteEntries('office'),
        EXPRESSION,
        siteEntries('clash', { external_host: 'http://127.0.0.1:81' }),
      ),
    ],
    services: ['identification', 'password', 'session', 'policy'],
    gateway: TRUSTING,
  });
  uncached = await deployment.openAnotherGateway({ FORWARD_AUTH_CACHE_MS: '0' });
}, 120_000);
afterAll(() => deployment?.close());

async function visitor(name: string, site = `${WIKI}/`, base = deployment.url): Promise<SiteVisitor> {
  const visiting = new SiteVisitor(base);
  await visiting.login.solve('login', { uid_field: name });
  await visiting.login.solve('login', { password: 'correct-horse-7' });
  await visiting.enter(site);
  return visiting;
}

describe('a check of forward auth', () => {
  it.each(KINDS)(
    'passes the identity of the user to the application behind %s, and no cookie of Gatehouse',
    async (kind) => {
      const alice = await visitor('alice');
      alice.plant(WIKI, 'theme', 'dark');
      alice.plant(WIKI, 'app_session', 'a=b');
      const { status, headers } = await alice.check(kind, `${WIKI}/page`);
      expect([status, headers.get('remote-user')]).toEqual([200, 'alice']);
      expect(headers.get('cookie')).toBe('theme=dark; app_session=a=b');
      alice.plant(WIKI, 'theme', undefined);
      alice.plant(WIKI, 'app_session', undefined);
      expect((await alice.check(kind, `${WIKI}/page`)).headers.get('cookie')).toBe('');
    },
  );

  it('returns no cookie of Gatehouse at the host of the login, where a script could read the response', async () => {
    const alice = await visitor('alice');
    for (const name of [
      'authentik_session',
      '__Host-authentik_session',
      'authentik_device',
      'gatehouse_known',
      'theme',
    ])
      alice.plant(WIKI, name, 'value');
    const atLogin = { headers: { host: new URL(deployment.url).host } };
    // Some proxies forward the X-Forwarded-Host of a visitor, from which a check of Traefik takes the site.
    for (const kind of ['nginx', 'traefik'] as const) {
      const { status, headers } = await alice.check(kind, `${WIKI}/page`, atLogin);
      expect([status, headers.get('cookie')]).toEqual([200, 'theme=value']);
    }
  });

  it.each([
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'MKCOL',
    'REPORT',
    'PURGE',
    'TRACE',
  ])('answers %s like GET', async (method) => {
    const alice = await visitor('alice');
    const cookie = `gatehouse_forward=${alice.cookie(WIKI)}`;
    for (const [given, status] of [
      [cookie, 200],
      ['x=y', 302],
    ] as const) {
      const headers = ['x-forwarded-for: 203.0.113.7', 'x-forwarded-proto: http', 'host: wiki.localhost'];
      const lines = [`${method} ${PATH}/auth/envoy/a/b%2Fc?d=e HTTP/1.1`, ...headers, `cookie: ${given}`];
      const response = await sendRaw(deployment.url, `${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`);
      expect(response.status).toBe(status);
      const start = `${WIKI}${PATH}/start?rd=${encodeURIComponent(`${WIKI}/a/b%2Fc?d=e`)}`;
      expect(response.headers['location']).toBe(status === 302 ? start : undefined);
    }
  });

  it('accepts only the cookie of its own site, not the session cookie or an API token', async () => {
    const alice = await visitor('alice');
    alice.plant(STAFFED, 'gatehouse_forward', alice.cookie(WIKI));
    expect((await alice.check('traefik', `${STAFFED}/`)).status).toBe(302);
    const guest = new SiteVisitor(deployment.url);
    const session = alice.login.cookie()!;
    for (const name of ['authentik_session', 'gatehouse_forward', 'gatehouse_forward_nonce'])
      guest.plant(WIKI, name, session);
    expect((await guest.check('traefik', `${WIKI}/`)).status).toBe(302);
    const headers = { authorization: `Bearer ${session}` };
    expect((await guest.check('traefik', `${WIKI}/`, { headers })).status).toBe(302);
  });

  it('never makes the cookie of a site count at the login or in the API', async () => {
    const alice = await visitor('alice');
    const browser = deployment.browser();
    for (const name of ['authentik_session', 'gatehouse_forward']) browser.plant(alice.cookie(WIKI), name);
    const headers = { authorization: `Bearer ${alice.cookie(WIKI)}` };
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
    expect((await browser.fetch('/api/v3/core/users/me/', { headers })).status).toBe(403);
    const authorize = await browser.fetch(await alice.start(`${WIKI}/`));
    expect(authorize.headers.get('location')).toMatch(/^\/if\/flow\/login\//);
  });

  it('behind Envoy takes the site from the Host header, because Envoy forwards X-Forwarded-Host of a client', async () => {
    const alice = await visitor('alice');
    alice.plant(STAFFED, 'gatehouse_forward', alice.cookie(WIKI));
    const headers = { 'x-forwarded-host': 'wiki.localhost' };
    const refused = await alice.check('envoy', `${STAFFED}/`, { headers });
    expect([refused.status, refused.headers.get('location')]).toEqual([
      302,
      `${STAFFED}${PATH}/start?rd=${encodeURIComponent(`${STAFFED}/`)}`,
    ]);
  });

  it('refuses a user who may not use the application, with 403 and a page for browsers', async () => {
    const carol = await visitor('carol', `${STAFFED}/`, uncached);
    expect((await carol.check('nginx', `${STAFFED}/`)).status).toBe(200);
    await deployment.apply(blueprint(userEntry('alice'), EVE, groupEntry('staff', { users: ['alice', 'eve'] })));
    for (const kind of KINDS) {
      const refused = await carol.check(kind, `${STAFFED}/`);
      expect([refused.status, JSON.parse(refused.text)]).toMatchObject([403, { code: 'permission_denied' }]);
    }
    const page = await carol.check('traefik', `${STAFFED}/`, {
      headers: { accept: 'text/html', 'accept-language': 'de' },
    });
    expect([page.status, page.headers.get('remote-user')]).toEqual([403, null]);
    expect(page.text).toContain('Sie dürfen The staffed nicht verwenden.');
  });

  it('refuses a user whose groups do not fit into headers, with 403 and the reason', async () => {
    const dave = await visitor('dave');
    for (const kind of KINDS) {
      const { status, text, headers } = await dave.check(kind, `${WIKI}/`);
      expect([status, JSON.parse(text)]).toMatchObject([403, { code: 'identity_too_large' }]);
      expect(headers.get('x-authentik-groups')).toBeNull();
    }
    const accepting = { headers: { accept: 'text/html', 'accept-language': 'de' } };
    const page = await dave.check('traefik', `${WIKI}/`, accepting);
    expect([page.status, page.text]).toEqual([403, expect.stringContaining('Sie sind in zu vielen Gruppen')]);
  });

  it('asks the policy service, which gets the IP address of the visitor', async () => {
    const office = 'http://office.localhost';
    const alice = await visitor('alice', `${WIKI}/`, uncached);
    // The login comes from another address than the check.
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const callback = await alice.login.fetch(await alice.start(`${office}/`), { headers });
    await alice.visit(callback.headers.get('location')!);
    expect((await alice.check('traefik', `${office}/`)).status).toBe(200);
    const elsewhere = { headers: { 'x-forwarded-for': '203.0.113.8' } };
    expect((await alice.check('traefik', `${office}/`, elsewhere)).status).toBe(403);
    expect(await deployment.rows(`SELECT FROM flow.outbox WHERE topic = 'events.policy_exception'`)).toEqual([]);
  });

  it('passes names in UTF-8 without control characters, and omits groups whose name contains the separator', async () => {
    const eve = await visitor('eve');
    const { headers } = await eve.check('traefik', `${WIKI}/`);
    const utf8 = (name: string) => Buffer.from(headers.get(name) ?? '', 'latin1').toString('utf8');
    expect(utf8('remote-name')).toBe('Eve  X-Admin: yes  Ünï');
    expect(utf8('x-authentik-name')).toBe('Eve  X-Admin: yes  Ünï');
    expect(headers.get('x-admin')).toBeNull();
    expect(headers.get('x-authentik-groups')).toBe('b,admins|staff');
    expect(headers.get('remote-groups')).toBe('a|admins,staff');
  });
});

describe('an invalid check of forward auth', () => {
  it.each(KINDS)(
    'is refused in the form of %s if no trusted proxy forwards it, whatever its headers say',
    async (kind) => {
      const alice = await visitor('alice');
      const untrusting = await deployment.openAnotherGateway({ TRUSTED_PROXIES: '192.0.2.1' });
      const direct = new SiteVisitor(untrusting);
      direct.plant(WIKI, 'gatehouse_forward', alice.cookie(WIKI));
      const { status, text, headers } = await direct.check(kind, `${WIKI}/`);
      expect([status, JSON.parse(text)]).toMatchObject([400, { code: 'forward_auth_invalid' }]);
      expect(text).toContain('TRUSTED_PROXIES');
      expect(headers.get('remote-user')).toBeNull();
      expect((await direct.visit(`${WIKI}${PATH}/start`)).status).toBe(400);
    },
  );

  it.each([
    ['nginx', { 'x-original-url': '/path' }],
    ['nginx', { 'x-original-url': `${WIKI}@evil.example/` }],
    ['traefik', { 'x-forwarded-host': 'wiki.localhost, staffed.localhost' }],
    ['traefik', { 'x-forwarded-proto': 'http,https' }],
    ['traefik', { 'x-forwarded-uri': 'wiki' }],
    ['caddy', { 'x-forwarded-host': 'wiki.localhost/x' }],
    ['caddy', { 'x-forwarded-host': '' }],
    ['caddy', { 'x-forwarded-uri': `${PATH}/start` }],
    ['caddy', { 'x-forwarded-uri': '/%6Futpost.goauthentik.io/x/../start' }],
  ] as const)('is refused behind %s with the headers %j', async (kind, headers) => {
    const { status, text } = await new SiteVisitor(deployment.url).check(kind, `${WIKI}/`, { headers });
    expect([status, JSON.parse(text)]).toMatchObject([400, { code: 'forward_auth_invalid' }]);
  });

  it.each(['http://other.localhost/', 'https://wiki.localhost/', 'http://127.0.0.1:81/'])(
    'gets 404 for %s, which belongs to no application or to the login',
    async (url) => {
      for (const kind of KINDS) {
        const { status, headers } = await new SiteVisitor(deployment.url).check(kind, url);
        expect([status, headers.get('location')]).toEqual([404, null]);
      }
    },
  );
});

describe('the cookie of a site ends', () => {
  it('at once at every gateway when its user logs out', async () => {
    const other = await deployment.openAnotherGateway();
    const alice = await visitor('alice');
    const elsewhere = new SiteVisitor(other);
    elsewhere.plant(WIKI, 'gatehouse_forward', alice.cookie(WIKI));
    for (const visiting of [alice, elsewhere]) expect((await visiting.check('nginx', `${WIKI}/`)).status).toBe(200);
    await alice.login.fetch('/api/v3/flows/executor/logout/?query=');
    await expect.poll(async () => (await elsewhere.check('nginx', `${WIKI}/`)).status, FAST).toBe(401);
    expect((await alice.check('nginx', `${WIKI}/`)).status).toBe(401);
  });

  it('while its user is disabled, and when the epoch of its user increases', async () => {
    const bob = await visitor('bob', `${WIKI}/`, uncached);
    expect((await bob.check('caddy', `${WIKI}/`)).status).toBe(200);
    await deployment.rows('UPDATE directory.users SET is_active = false WHERE username = $1', ['bob']);
    expect((await bob.check('caddy', `${WIKI}/`)).status).toBe(302);
    await deployment.rows('UPDATE directory.users SET is_active = true WHERE username = $1', ['bob']);
    expect((await bob.check('caddy', `${WIKI}/`)).status).toBe(200);
    await deployment.rows('UPDATE directory.users SET epoch = epoch + 1 WHERE username = $1', ['bob']);
    expect((await bob.check('caddy', `${WIKI}/`)).status).toBe(302);
  });

  it('before the cached verdict expires, when an event says that its user has changed', async () => {
    const carol = await visitor('carol');
    expect((await carol.check('nginx', `${WIKI}/`)).status).toBe(200);
    const [user] = await deployment.rows<{ uuid: string }>(
      'UPDATE directory.users SET is_active = false WHERE username = $1 RETURNING id AS uuid',
      ['carol'],
    );
    expect((await carol.check('nginx', `${WIKI}/`)).status).toBe(200);
    const bus = await connect({ servers: deployment.nats.url });
    for (const body of ['{', '{"data":{"user":null}}', JSON.stringify({ data: { user: { kind: 'saved', ...user } } })])
      bus.publish('events.user_write', body);
    await bus.drain();
    await expect.poll(async () => (await carol.check('nginx', `${WIKI}/`)).status, FAST).toBe(401);
  });

  it('by sign_out, which redirects to the logout of Gatehouse', async () => {
    const alice = await visitor('alice');
    const stolen = new SiteVisitor(deployment.url);
    stolen.plant(WIKI, 'gatehouse_forward', alice.cookie(WIKI));
    expect((await stolen.check('nginx', `${WIKI}/`)).status).toBe(200);
    const { headers } = await alice.visit(`${WIKI}${PATH}/sign_out`);
    expect(headers.get('location')).toBe(`${deployment.url}/flows/-/default/invalidation/`);
    expect(alice.cookie(WIKI)).toBeUndefined();
    await expect.poll(async () => (await stolen.check('nginx', `${WIKI}/`)).status, FAST).toBe(401);
  });
});
