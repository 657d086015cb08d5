import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthentikServer } from '../support/authentik-server.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { createCertificate } from '../support/certificate.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { HttpsVisitor } from '../support/https-visitor.js';
import { freePort } from '../support/processes.js';
import { hasProxy, type RunningProxy, startNginx } from '../support/reverse-proxy.js';

const [ID, OLD, TRIAL] = ['id.example.org', 'old.example.org', 'trial.example.org'] as const;
const FLOW = 'default-authentication-flow';
const TITLES = { authentik: 'Welcome to authentik!', gatehouse: 'Welcome' };

describe.skipIf(!hasProxy('nginx'))('authentik and Gatehouse behind nginx as the migration guide configures it', () => {
  const certificate = createCertificate(2, [ID, OLD, TRIAL]);
  const page = DocumentedCommands.of('docs/how-to/migrate-from-authentik.md');
  let authentik: AuthentikServer;
  let deployment: Deployment;
  let proxy: RunningProxy;
  /** Ports of the gateways before the switch, and after it. */
  let gateways: { readonly trial: number; readonly switched: number };
  beforeAll(async () => {
    authentik = await AuthentikServer.open();
    const gateway = { TRUSTED_PROXIES: '127.0.0.1', BASE_URL: `https://${TRIAL}` };
    const flow = flowEntries(FLOW, [IDENTIFICATION, PASSWORD, LOGIN]);
    deployment = await Deployment.open({ blueprints: [blueprint(userEntry('alice'), flow)], gateway });
    const switched = await deployment.openAnotherGateway({ BASE_URL: `https://${ID}` });
    gateways = { trial: Number(new URL(deployment.url).port), switched: Number(new URL(switched).port) };
    proxy = await start(gateways.trial);
  });
  afterAll(async () => {
    await proxy?.stop();
    await deployment?.close();
    authentik?.close();
  });

  /** Starts nginx with the configuration of the page, and with these lines in its list of hosts. */
  async function start(gateway: number, ...lines: readonly string[]): Promise<RunningProxy> {
    const port = await freePort();
    const text = page.block('nginx', /^upstream authentik/m, {
      '10.0.0.31:9000': `127.0.0.1:${authentik.port}`,
      '10.0.0.11:9000': `127.0.0.1:${gateway}`,
      'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
      'trial.example.org gatehouse;': ['trial.example.org gatehouse;', ...lines].join('\n'),
    });
    return startNginx([text], { port, certificate });
  }

  async function solve(visitor: HttpsVisitor, host: string, body: object): Promise<Record<string, unknown>> {
    const csrf = visitor.cookiesOf(host).get('authentik_csrf') ?? '';
    const headers = { 'content-type': 'application/json', 'x-authentik-csrf': csrf };
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    const { text } = await visitor.send(host, `/api/v3/flows/executor/${FLOW}/?query=`, sent);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Opens the page of the flow. Returns the title of the first challenge, as the executor sends it. */
  async function titleAt(visitor: HttpsVisitor, host: string): Promise<unknown> {
    expect((await visitor.send(host, `/if/flow/${FLOW}/`)).status).toBe(200);
    const { text } = await visitor.send(host, `/api/v3/flows/executor/${FLOW}/?query=`);
    return (JSON.parse(text) as { flow_info: { title: string } }).flow_info.title;
  }
  async function logIn(visitor: HttpsVisitor, host: string): Promise<void> {
    await solve(visitor, host, { uid_field: 'alice' });
    const end = await solve(visitor, host, { password: 'correct-horse-7' });
    expect(end).toMatchObject({ component: 'xak-flow-redirect' });
  }
  const statusAt = async (visitor: HttpsVisitor, host: string) =>
    (await visitor.send(host, '/api/v3/core/users/me/')).status;

  it('Gatehouse serves the trial host, authentik all others, and a login at one does not count at the other', async () => {
    const visitor = new HttpsVisitor(proxy.port, certificate.cert);
    expect(await titleAt(visitor, TRIAL)).toBe(TITLES.gatehouse);
    expect(await titleAt(visitor, ID)).toBe(TITLES.authentik);
    await logIn(visitor, TRIAL);
    expect([await statusAt(visitor, TRIAL), await statusAt(visitor, ID)]).toEqual([200, 403]);
    await logIn(visitor, ID);
    expect([await statusAt(visitor, TRIAL), await statusAt(visitor, ID)]).toEqual([200, 200]);
  });

  it('a user of authentik has to log in at Gatehouse after the switch, and at authentik after the switch back', async () => {
    const before = new HttpsVisitor(proxy.port, certificate.cert);
    await logIn(before, ID);
    const switched = await start(gateways.switched, page.block('nginx', /^id.example.org/));
    try {
      const after = visitorWith(before, switched.port);
      expect(await statusAt(after, ID)).toBe(403);
      expect(await titleAt(after, ID)).toBe(TITLES.gatehouse);
      await logIn(after, ID);
      expect(await statusAt(after, ID)).toBe(200);
      expect(await titleAt(after, OLD)).toBe(TITLES.authentik);

      const back = visitorWith(after, proxy.port);
      expect(await statusAt(back, ID)).toBe(403);
      expect(await titleAt(back, ID)).toBe(TITLES.authentik);
      await logIn(back, ID);
      expect(await statusAt(back, ID)).toBe(200);
    } finally {
      await switched.stop();
    }
  });

  /** Returns the browser of a visitor with its cookies, behind the proxy at another port. */
  function visitorWith(visitor: HttpsVisitor, port: number): HttpsVisitor {
    const other = new HttpsVisitor(port, certificate.cert);
    for (const host of [ID, OLD, TRIAL])
      for (const [name, value] of visitor.cookiesOf(host)) other.plant(host, name, value);
    return other;
  }
});
