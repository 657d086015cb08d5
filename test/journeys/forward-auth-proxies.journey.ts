import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
import { createCertificate } from '../support/certificate.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { startConnectProxy } from '../support/connect-proxy.js';
import { Deployment } from '../support/deployment.js';
import { lastPassed, MAX_VERDICT_MS, runByCurl } from '../support/documented-checks.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { forgedHeaders, IDENTITY } from '../support/forged-headers.js';
import { configurationIn } from '../support/how-to-page.js';
import { logInThrough } from '../support/https-login.js';
import { HttpsVisitor } from '../support/https-visitor.js';
import { ProtectedApplication, type ReceivedRequest } from '../support/protected-application.js';
import { hasProxy, PROXIES, type ProxyName, type RunningProxy, startReverseProxy } from '../support/reverse-proxy.js';

const APP = 'app.example.org';
const LOGIN_HOST = 'id.example.org';
const GROUPS = Array.from({ length: 60 }, (_, i) => `a group with quite a long name, number ${i}`);

const staffOf = (...users: string[]) => groupEntry('staff', { users });
const certificate = createCertificate(2, [APP, LOGIN_HOST]);
const proxies = new Map<ProxyName, RunningProxy>();
let deployment: Deployment;
let application: ProtectedApplication;

beforeAll(async () => {
  application = await ProtectedApplication.open();
  deployment = await Deployment.open({
    blueprints: [
      configurationIn('protect-an-application', 'app.yaml'),
      blueprint(
        ...['alice', 'bob', 'carol', 'erin'].map((name) => userEntry(name)),
        userEntry('dora', { email: '', name: 'Döra' }),
        staffOf('alice', 'carol', 'dora', 'erin'),
        GROUPS.map((name) => groupEntry(name, { users: ['carol'] })),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: { default: true, flow_authentication: keyOf('login'), flow_invalidation: keyOf('logout') },
        },
      ),
    ],
    // The first gateway stops as in production: it still answers for two seconds, so that the proxies notice the stop
    // before it closes its connections.
    gateway: { BASE_URL: `https://${LOGIN_HOST}`, TRUSTED_PROXIES: '127.0.0.1', SHUTDOWN_DELAY_S: '2' },
  });
  const atOnce = { SHUTDOWN_DELAY_S: '0' };
  const others = await Promise.all([deployment.openAnotherGateway(atOnce), deployment.openAnotherGateway(atOnce)]);
  const gateways = [deployment.url, ...others].map((url) => Number(new URL(url).port));
  const site = { gateways, application: application.port, certificate };
  for (const name of PROXIES.filter(hasProxy)) proxies.set(name, await startReverseProxy(name, site));
});
afterAll(async () => {
  await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
  await deployment.close();
  await application.close();
});

function visitorOf(name: ProxyName): HttpsVisitor {
  const proxy = proxies.get(name);
  if (!proxy) throw new Error(`${name} is not installed`);
  return new HttpsVisitor(proxy.port, certificate.cert);
}

const logIn = (visitor: HttpsVisitor, username: string, path = '/') =>
  logInThrough(visitor, { app: APP, loginHost: LOGIN_HOST, username, path });

async function loggedIn(name: ProxyName, username: string): Promise<HttpsVisitor> {
  const visitor = visitorOf(name);
  await logIn(visitor, username);
  return visitor;
}

const received = ({ text }: { text: string }) => JSON.parse(text) as ReceivedRequest;
const valuesOf = (request: ReceivedRequest, name: string) =>
  request.headers.filter(([candidate]) => candidate === name).map(([, value]) => value);

/** With CI set, the tests of a proxy that is not installed fail. */
const isTested = (name: ProxyName) => hasProxy(name) || Boolean(process.env['CI']);

describe.each(PROXIES)('behind %s, with three gateways,', (name) => {
  beforeEach(({ skip }) => skip(!isTested(name), `${name} is not installed`));

  it('an anonymous visitor is redirected to the login, and back to exactly the requested address', async () => {
    const path = '/reports/a%20b/%C3%A9?x=1&y=%26+%23&next=https://evil.example/?q%3D1&rd=//evil.example';
    const { addresses, ...response } = await logIn(visitorOf(name), 'alice', path);

    expect(response.status).toBe(200);
    expect(received(response)).toMatchObject({ method: 'GET', url: path });
    expect(addresses.at(-1)).toBe(`https://${APP}${path}`);
    expect(addresses.length).toBeLessThanOrEqual(4);
  });

  it('the application gets the headers of the user, and no cookie of Gatehouse', async () => {
    const visitor = await loggedIn(name, 'alice');
    visitor.plant(APP, 'cart', '7');
    const request = received(await visitor.send(APP, '/cart?add=1'));

    expect(valuesOf(request, 'x-authentik-username')).toEqual(['alice']);
    expect(valuesOf(request, 'x-authentik-groups')).toEqual(['staff']);
    expect(valuesOf(request, 'x-authentik-email')).toEqual(['alice@example.org']);
    expect(valuesOf(request, 'x-authentik-jwt')).toEqual([expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)]);
    expect(valuesOf(request, 'remote-user')).toEqual(['alice']);
    expect(valuesOf(request, 'remote-groups')).toEqual(['staff']);
    expect(valuesOf(request, 'cookie')).toEqual(['cart=7']);
    expect(valuesOf(request, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(valuesOf(request, 'host')).toEqual([APP]);
  });

  it('the application gets no cookie if the visitor has only those of Gatehouse', async () => {
    const visitor = await loggedIn(name, 'alice');
    const headers = { 'X-authentik-cookie': 'evil=1' };

    expect(valuesOf(received(await visitor.send(APP, '/', { headers })), 'cookie').join('')).toBe('');
  });

  it('a user outside the group gets 403, and the request does not reach the application', async () => {
    const visitor = visitorOf(name);
    const before = application.requests.length;
    const { status, addresses } = await logIn(visitor, 'bob', '/secret');

    expect(status).toBe(403);
    expect(addresses.length).toBeLessThanOrEqual(4);
    expect(application.requests.length).toBe(before);
  });

  it.each(['alice', 'dora'])('identity headers that the user %s forges do not reach the application', async (user) => {
    const visitor = await loggedIn(name, user);
    const request = received(await visitor.send(APP, '/', { headers: forgedHeaders() }));

    const forged = request.headers.filter(([header, value]) => IDENTITY.test(header) && /evil|\{/.test(value));
    expect(forged).toEqual([]);
    expect(valuesOf(request, 'x-authentik-username')).toEqual([user]);
    expect(request.headers.filter(([header]) => /^(x.authentik.username|remote.user)$/.test(header)).length).toBe(2);
    expect(valuesOf(request, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(valuesOf(request, 'x-forwarded-host')).toEqual([APP]);
    expect(valuesOf(request, 'x-forwarded-proto')).toEqual(['https']);
    expect(valuesOf(request, 'forwarded')).toEqual([]);
  });

  it('an identity header that Connection names is not lost on the way to the application', async () => {
    const visitor = await loggedIn(name, 'alice');
    const headers = { connection: 'close, X-authentik-username, Remote-User' };
    const response = await visitor.send(APP, '/', { headers });

    const user = response.status === 400 ? 'refused' : valuesOf(received(response), 'x-authentik-username').join();
    expect(['refused', 'alice']).toContain(user);
  });

  it('the documented commands show that the application is protected', async () => {
    const page = DocumentedCommands.of('docs/how-to/protect-an-application.md');
    const visitor = await loggedIn(name, 'alice');
    await visitor.send(APP, '/');
    const cookie = visitor.cookiesOf(APP).get('__Host-gatehouse_forward') ?? '';
    const curl = (pattern: RegExp, replacements: Readonly<Record<string, string>> = {}) =>
      runByCurl(page.block('sh', pattern, replacements), { port: proxies.get(name)!.port, certificate });

    expect(await curl(/'\^\(HTTP/)).toMatch(
      /^HTTP\S+ 302.*\s+location: https:\/\/app.example.org\/outpost.goauthentik.io\/start\?rd=/i,
    );
    const shown = await curl(/another-user/, { VALUE: cookie });
    expect(shown).toContain('["x-authentik-username","alice"]');
    expect(shown).not.toContain('another-user');
    expect(await curl(/users\/me/, { VALUE: cookie })).toMatch(/^HTTP\S+ 403/);
  });

  it('a user in sixty groups reaches the application', async () => {
    const request = received(await (await loggedIn(name, 'carol')).send(APP, '/'));

    expect(valuesOf(request, 'x-authentik-groups')[0]!.split('|').sort()).toEqual(['staff', ...GROUPS].sort());
  });

  it('a POST keeps its body, and one of an anonymous visitor does not reach the application', async () => {
    const body = `${'x'.repeat(100_000)}=é`;
    const visitor = await loggedIn(name, 'alice');
    const sent = { method: 'POST', body, headers: { 'content-type': 'text/plain' } };

    expect(received(await visitor.send(APP, '/form?a=1', sent))).toMatchObject({
      method: 'POST',
      url: '/form?a=1',
      body,
    });
    const before = application.requests.length;
    expect((await visitorOf(name).send(APP, '/form', sent)).status).toBe(302);
    expect(application.requests.length).toBe(before);
  });

  it('a WebSocket works, and one of an anonymous visitor does not reach the application', async () => {
    const socket = await (await loggedIn(name, 'alice')).socket(APP, '/socket?a=1');
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
    socket.send('hello');
    const [message] = (await once(socket, 'message')) as [Buffer];
    socket.terminate();

    expect(String(message)).toContain('hello {"method":"GET","url":"/socket?a=1"');
    expect(String(message)).toContain('["x-authentik-username","alice"]');
    const before = application.requests.length;
    expect(await visitorOf(name).socket(APP, '/socket')).toBe(302);
    expect(application.requests.length).toBe(before);
  });

  it(`a logout at the login host closes the application within ${MAX_VERDICT_MS / 1000} s`, async () => {
    const visitor = await loggedIn(name, 'alice');
    const statuses = () => Promise.all([0, 1, 2, 3, 4, 5].map(async () => (await visitor.send(APP, '/')).status));
    expect(await statuses()).toEqual(Array(6).fill(200));
    await visitor.send(LOGIN_HOST, '/api/v3/flows/executor/logout/?query=');

    expect(await lastPassed(statuses, 302)).toBeLessThan(MAX_VERDICT_MS);
  });

  it('a request that the gateway cannot judge is refused by 400 or 403, and not by 500', async () => {
    const visitor = await loggedIn(name, 'alice');
    const before = application.requests.length;

    expect([400, 403]).toContain((await visitor.send(APP, '/outpost.goauthentik.io')).status);
    expect(application.requests.length).toBe(before);
  });

  it('the application’s host serves nothing of the login host', async () => {
    const visitor = visitorOf(name);

    for (const path of ['/if/flow/login/', '/api/v3/core/users/me/', '/outpost.goauthentik.io/../api/v3/root/config/'])
      expect((await visitor.send(APP, path)).status).not.toBe(200);
  });

  it('no header that names another host or scheme changes what the gateway judges', async () => {
    const visitor = await loggedIn(name, 'alice');
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-original-url': 'https://evil.example/',
    };
    const { status, headers: sent } = await visitorOf(name).send(APP, '/a', { headers });

    expect(status).toBe(302);
    expect(new URL(sent.location!).host).toBe(APP);
    expect(sent.location).not.toContain('evil');
    expect((await visitor.send(APP, '/a', { headers })).status).toBe(200);

    // A request line with one host, and a Host header with another (RFC 9112 §3.2.2).
    const named = await visitor.send(APP, `https://${APP}/a`, { headers: { host: LOGIN_HOST } });
    expect([200, 400]).toContain(named.status);
  });
});

describeInChromium('in a browser behind nginx', () => {
  const chromium = useChromium();
  beforeEach(({ skip }) => skip(!isTested('nginx'), 'nginx is not installed'));

  it('a user logs in, returns to exactly the requested page, and its WebSocket is authenticated', async () => {
    const tunnel = await startConnectProxy(proxies.get('nginx')!.port);
    try {
      const { page, complaints } = await chromium.open({ ignoreHTTPSErrors: true, proxy: { server: tunnel.url } });
      await page.goto(`https://${APP}/page?x=1&y=%26`);
      await page.locator('#uid_field').fill('alice');
      await page.keyboard.press('Enter');
      await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
      await page.keyboard.press('Enter');
      await page.waitForURL(`https://${APP}/page?x=1&y=%26`);

      await page.locator('#answer', { hasText: '["x-authentik-username","alice"]' }).waitFor();
      const cookies = (await page.context().cookies()).filter(({ domain }) => domain === APP);
      expect(cookies.map(({ name }) => name).sort()).toEqual([
        '__Host-gatehouse_forward',
        '__Host-gatehouse_forward_nonce',
      ]);
      expect(cookies.every(({ secure, httpOnly }) => secure && httpOnly)).toBe(true);
      expect(complaints).toEqual([]);
    } finally {
      await tunnel.close();
    }
  });
});

const tested = PROXIES.filter(isTested);

describe.runIf(tested.length > 0)('behind all proxies,', () => {
  const visitors = new Map<ProxyName, HttpsVisitor>();

  beforeAll(async () => {
    for (const name of tested) visitors.set(name, await loggedIn(name, 'erin'));
    for (const visitor of visitors.values()) await visitor.send(APP, '/');
    await deployment.apply(blueprint(userEntry('alice'), staffOf('alice')));
  });

  it(`a user who has lost the group gets 403 within ${MAX_VERDICT_MS / 1000} s`, async () => {
    const statuses = () =>
      Promise.all([...visitors.values()].map(async (visitor) => (await visitor.send(APP, '/')).status));

    expect(await lastPassed(statuses, 403)).toBeLessThan(MAX_VERDICT_MS);
  });
});

describe.runIf(tested.length > 0)('while one of three gateways is down,', () => {
  beforeAll(() => deployment.stop('gateway'));

  it.each(tested)('users log in and work behind %s', async (name) => {
    const visitor = await loggedIn(name, 'alice');
    const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await visitor.send(APP, '/')).status));

    expect(statuses).toEqual(Array(6).fill(200));
  });
});

describe.runIf(tested.length > 0)('while no gateway answers,', () => {
  it.each(tested)('nothing reaches the application behind %s', async (name) => {
    const site = { gateways: [9, 9, 9], application: application.port, certificate };
    const proxy = await startReverseProxy(name, site);
    try {
      const before = application.requests.length;
      const visitor = new HttpsVisitor(proxy.port, certificate.cert);
      visitor.plant(APP, '__Host-gatehouse_forward', 'x'.repeat(43));
      expect((await visitor.send(APP, '/')).status).toBeGreaterThanOrEqual(500);
      expect(application.requests.length).toBe(before);
    } finally {
      await proxy.stop();
    }
  });
});
