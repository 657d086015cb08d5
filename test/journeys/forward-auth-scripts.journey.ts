import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  blueprint,
  conditionEntry,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { createCertificate } from '../support/certificate.js';
import { Deployment } from '../support/deployment.js';
import { SiteVisitor, siteEntries } from '../support/forward-auth.js';
import { HttpsVisitor } from '../support/https-visitor.js';
import { ProtectedApplication } from '../support/protected-application.js';
import { hasProxy, PROXIES, type ProxyName, type RunningProxy, startReverseProxy } from '../support/reverse-proxy.js';

const APP = 'app.example.org';
const SITE = `https://${APP}`;
const PATH = '/outpost.goauthentik.io';
const COOKIE = '__Host-gatehouse_forward';
/** Addresses of checks, in spellings that a script in a page can request, and a browser does not normalise. */
const CHECKS = [
  ...['nginx', 'traefik', 'caddy', 'envoy', 'envoy/', 'envoy/x'].map((kind) => `${PATH}/auth/${kind}`),
  ...[`${PATH}/%61uth/traefik`, `/%6futpost.goauthentik.io/auth/caddy`, `${PATH}/auth/traefik/`],
  ...['start', 'callback', 'sign_out'].map((name) => `${PATH}/auth/envoy/..%2f..%2f${name}`),
  ...[`${PATH}/auth/envoy/%ff%2f..%2f..%2f..%2fstart`, `${PATH}/auth/envoy/..%5c..%5cstart`],
];

const certificate = createCertificate(2, [APP]);
const proxies = new Map<ProxyName, RunningProxy>();
let deployment: Deployment;
let application: ProtectedApplication;

/** Returns the servers behind a proxy. All three gateways are the same one. */
const behind = () => {
  const gateway = Number(new URL(deployment.url).port);
  return { gateways: [gateway, gateway, gateway], application: application.port, certificate };
};

beforeAll(async () => {
  application = await ProtectedApplication.open();
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ['alice', 'bob'].map((name) => userEntry(name)),
        groupEntry('staff', { users: ['alice', 'bob'] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        siteEntries('app', { external_host: SITE }),
        conditionEntry('app application', 'group staff'),
      ),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1', FORWARD_AUTH_CACHE_MS: '0' },
  });
  for (const name of PROXIES.filter(hasProxy)) proxies.set(name, await startReverseProxy(name, behind()));
});
afterAll(async () => {
  await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
  await deployment.close();
  await application.close();
});

/** Logs a user in at the application, and returns a visitor of the proxy with the cookie. */
async function visitor(username: string, port: number): Promise<HttpsVisitor> {
  const site = new SiteVisitor(deployment.url);
  await site.login.solve('login', { uid_field: username });
  await site.login.solve('login', { password: 'correct-horse-7' });
  await site.enter(`${SITE}/`);
  const https = new HttpsVisitor(port, certificate.cert);
  https.plant(APP, COOKIE, site.cookie(SITE, COOKIE)!);
  return https;
}

describe.each(PROXIES)('behind %s,', (name) => {
  beforeEach(({ skip }) => skip(!hasProxy(name) && !process.env['CI'], `${name} is not installed`));

  it('no script in a page reads HttpOnly cookies or the token at the address of a check', async () => {
    const alice = await visitor('alice', proxies.get(name)!.port);
    alice.plant(APP, 'app_session', 'secret');
    expect((await alice.send(APP, '/')).text).toContain('app_session=secret');

    const headers = { 'X-Forwarded-Uri': '/', 'X-Original-URL': `${SITE}/` };
    for (const path of CHECKS) {
      const { status, headers: answer } = await alice.send(APP, path, { headers });
      expect([path, answer['cookie'], answer['x-authentik-jwt']]).toEqual([path, undefined, undefined]);
      expect([path, status]).not.toEqual([path, 200]);
    }
  });

  it('no character in the place of a hyphen lets a header of the visitor reach the application', async () => {
    const alice = await visitor('alice', proxies.get(name)!.port);
    const forged = ['.', '_', '~'].flatMap((char) => [`Remote${char}User`, `X${char}authentik${char}username`]);
    const { status, text } = await alice.send(APP, '/', {
      headers: Object.fromEntries(forged.map((header) => [header, 'evil'])),
    });

    expect([status, text]).toEqual([200, expect.not.stringContaining('evil')]);
  });
});

describe.each(PROXIES)('behind %s, a request for an upgrade', (name) => {
  beforeEach(({ skip }) => skip(!hasProxy(name) && !process.env['CI'], `${name} is not installed`));

  it.each(['h2c', 'h2c, websocket', 'websocket, h2c', 'TLS/1.3', 'x'])(
    'to %s opens no tunnel to the application, where the proxy would not replace headers',
    async (protocol) => {
      const alice = await visitor('alice', proxies.get(name)!.port);
      const before = application.requests.length;
      const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: protocol, 'http2-settings': 'AAMAAABk' };
      await alice.send(APP, '/', { headers });

      const upgrades = application.requests.slice(before).flatMap((request) => request.headers);
      expect(upgrades.filter(([header, value]) => header === 'upgrade' && value !== 'websocket')).toEqual([]);
    },
  );
});

describe('behind haproxy, whose script sends the checks,', () => {
  beforeEach(({ skip }) => skip(!hasProxy('haproxy') && !process.env['CI'], 'haproxy is not installed'));

  it.each(['local answer = ask(txn)', 'local cookies = joined('])(
    'no request reaches the application when the script fails at %j',
    async (line) => {
      const broken = { [line]: `error("broken") ${line}` };
      const proxy = await startReverseProxy('haproxy', { ...behind(), changes: broken });
      try {
        const alice = await visitor('alice', proxy.port);
        const before = application.requests.length;

        expect((await alice.send(APP, '/')).status).toBe(503);
        expect(application.requests.length).toBe(before);
      } finally {
        await proxy.stop();
      }
    },
  );

  it('a refused user gets the page of Gatehouse, in the language of the browser and with its CSP', async () => {
    const bob = await visitor('bob', proxies.get('haproxy')!.port);
    await deployment.apply(blueprint(userEntry('alice'), groupEntry('staff', { users: ['alice'] })));
    const { status, headers, text } = await bob.send(APP, '/', {
      headers: { accept: 'text/html', 'accept-language': 'de' },
    });

    expect([status, headers['content-security-policy']]).toEqual([403, expect.stringContaining(`default-src 'none'`)]);
    expect(text).toContain('Zugriff verweigert');
  });
});
