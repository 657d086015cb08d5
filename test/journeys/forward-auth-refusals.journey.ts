import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { createCertificate } from '../support/certificate.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { configurationIn } from '../support/how-to-page.js';
import { logInThrough } from '../support/https-login.js';
import { HttpsVisitor } from '../support/https-visitor.js';
import { freePort } from '../support/processes.js';
import { ProtectedApplication } from '../support/protected-application.js';
import { hasProxy, PROXIES, type ProxyName, startReverseProxy } from '../support/reverse-proxy.js';

const APP = 'app.example.org';
const OTHER = 'other.example.org';
const LOGIN_HOST = 'id.example.org';

const certificate = createCertificate(2, [APP, OTHER, LOGIN_HOST]);
let port: number;
let deployment: Deployment;
let application: ProtectedApplication;

beforeAll(async () => {
  port = await freePort();
  application = await ProtectedApplication.open();
  deployment = await Deployment.open({
    blueprints: [
      configurationIn('protect-an-application', 'app.yaml').replace(`https://${APP}`, `https://${APP}:${port}`),
      blueprint(
        ['alice', 'bob'].map((name) => userEntry(name)),
        groupEntry('staff', { users: ['alice'] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: { default: true, flow_authentication: keyOf('login') },
        },
      ),
    ],
    gateway: { BASE_URL: `https://${LOGIN_HOST}:${port}`, TRUSTED_PROXIES: '127.0.0.1' },
  });
});
afterAll(async () => {
  await deployment.close();
  await application.close();
});

/** Opens an application through a documented proxy in front of this gateway, and returns the response. */
async function openBehind(name: ProxyName, gateway: string, changes: Readonly<Record<string, string>> = {}) {
  const gateways = Array<number>(3).fill(Number(new URL(gateway).port));
  const proxy = await startReverseProxy(name, { gateways, application: application.port, certificate, changes });
  try {
    return await new HttpsVisitor(proxy.port, certificate.cert).send(changes[APP] ?? APP, '/page');
  } finally {
    await proxy.stop();
  }
}

/** Resolves when a gateway logs a refusal for this reason. */
const saysRefusal = (gateway: string, reason: string) =>
  deployment.says(`gateway-${new URL(gateway).port}`, new RegExp(`"forward_check_refused".*"reason":"${reason}"`));

/**
 * Returns the status that the visitor gets for the status of a refused check. nginx passes on only 401 and 403; for
 * others, the documented configuration returns 403.
 */
const statusOf = (name: ProxyName, status: number) => (name === 'nginx' ? 403 : status);
const skipWithout = (name: ProxyName) =>
  beforeEach(({ skip }) => skip(!hasProxy(name) && !process.env['CI'], `${name} is not installed`));

/** Returns the lines of nginx's configuration that another port than 443 changes, with their replacements in the page. */
function linesForAnotherPort(): Readonly<Record<string, string>> {
  const page = configurationIn('forward-auth-nginx', '/etc/nginx/conf.d/gatehouse.conf');
  const named = DocumentedCommands.of('docs/how-to/forward-auth-nginx.md').block('nginx', /:\$server_port/);
  const pairs = named
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [, name = '', value = ''] = line.split(/ +/);
      const [before] = value.split(':$server_port');
      const lines = page.split('\n').map((text) => text.trim());
      const old = lines.filter((text) => text.startsWith(`proxy_set_header ${name} `) && text.includes(` ${before}`));
      return old.map((text) => [text, line]);
    });
  return Object.fromEntries(pairs);
}

describe.each(PROXIES)('behind %s,', (name) => {
  skipWithout(name);

  it('a check of a proxy that is not in TRUSTED_PROXIES is refused, and the log has its address', async () => {
    const gateway = await deployment.openAnotherGateway({ TRUSTED_PROXIES: '192.0.2.1' });
    const logged = saysRefusal(gateway, '127.0.0.1 is not in TRUSTED_PROXIES.');

    expect((await openBehind(name, gateway)).status).toBe(statusOf(name, 400));
    await logged;
  });

  it('a check about a host without an application is refused, and the log has the host', async () => {
    const gateway = await deployment.openAnotherGateway();
    const logged = saysRefusal(gateway, `No application has the external_host https://${OTHER}.`);

    expect((await openBehind(name, gateway, { [APP]: OTHER })).status).toBe(statusOf(name, 404));
    await logged;
  });
});

describe('behind nginx at another port than 443, with the lines that the page names,', () => {
  skipWithout('nginx');

  it('a user logs in and returns to the application, and a user outside the group gets 403 at the login host', async () => {
    const changes = linesForAnotherPort();
    const gateways = Array<number>(3).fill(Number(new URL(deployment.url).port));
    const site = { gateways, application: application.port, certificate, port, changes };
    const proxy = await startReverseProxy('nginx', site);
    try {
      const [app, loginHost] = [`${APP}:${port}`, `${LOGIN_HOST}:${port}`];
      const enter = (username: string) =>
        logInThrough(new HttpsVisitor(port, certificate.cert), { app, loginHost, username, path: '/a?b=c' });
      const { status, addresses, text } = await enter('alice');

      expect([status, addresses.at(-1)]).toEqual([200, `https://${app}/a?b=c`]);
      expect(text).toContain('["x-authentik-username","alice"]');
      const refused = await enter('bob');
      expect([refused.status, new URL(refused.addresses.at(-1)!).host]).toEqual([403, loginHost]);
    } finally {
      await proxy.stop();
    }
  });
});
