import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BRIDGE_SECRET,
  BridgeVisitor,
  bridgeSettings,
  openForBridge,
  startDocumentedBridge,
} from '../support/bridge.js';
import type { Deployment } from '../support/deployment.js';
import { HydraServer } from '../support/hydra-server.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

let deployment: Deployment;
let hydra: HydraServer;
let bridge: RunningProcess;
let publicUrl: string;
beforeAll(async () => {
  publicUrl = `http://127.0.0.1:${await freePort()}`;
  deployment = await openForBridge(publicUrl);
  hydra = await HydraServer.open(publicUrl);
  bridge = await startDocumentedBridge(deployment, 'docs/how-to/ory-hydra.md', {
    replacements: {
      'http://127.0.0.1:3001': publicUrl,
      'http://127.0.0.1:4445': hydra.url,
      'http://127.0.0.1:9000': deployment.url,
      '$(openssl rand -hex 32)': BRIDGE_SECRET,
    },
    settings: { PORT: new URL(publicUrl).port, REMEMBER_FOR_S: '600' },
  });
});
afterAll(async () => {
  await bridge?.stop();
  await hydra?.close();
  await deployment?.close();
});

const newVisitor = () => new BridgeVisitor(deployment.url);
const answered = (path: string) => hydra.answers.findLast((answer) => answer.path === path)?.body;
const userId = async (name: string) =>
  (await deployment.rows<{ id: string }>('SELECT id FROM directory.users WHERE username = $1', [name]))[0]!.id;

/**
 * Starts an authorization at Hydra and logs in. Returns the address at which the browser is then: the consent, or the
 * application.
 */
async function logIn(visitor: BridgeVisitor, name: string, parameters: Readonly<Record<string, string>> = {}) {
  const login = await visitor.follow(hydra.authorize({ prompt: 'login', ...parameters }));
  return visitor.follow(await visitor.logIn(login, name));
}
async function signIn(visitor: BridgeVisitor, name: string): Promise<string> {
  const page = await logIn(visitor, name);
  return page.startsWith(hydra.url) ? page : visitor.follow(await visitor.consent(page));
}

describe('an application of Ory Hydra', () => {
  it('gets its user by login and consent at Gatehouse, with acr, amr, session and claims of the granted scopes', async () => {
    const visitor = newVisitor();
    const consent = await logIn(visitor, 'alice');
    expect(answered('login/accept')).toMatchObject({
      ...{ subject: await userId('alice'), acr: 'aal1', amr: ['pwd'], remember: true, remember_for: 600 },
      identity_provider_session_id: expect.stringMatching(/^[\w-]{43}$/),
      context: { auth_time: expect.any(Number), claims: { email: 'alice@example.org', name: 'alice' } },
    });
    expect(await visitor.showConsent(consent)).toMatchObject({
      header_text: "You're about to sign into Photo prints.",
      permissions: [{ id: 'prints/openid' }, { id: 'prints/email' }, { id: 'prints/photos', name: 'See your photos' }],
    });
    expect(await visitor.follow(await visitor.consent(consent))).toMatch(/\/done\?code=/);
    expect(answered('consent/accept')).toEqual({
      ...{ grant_scope: ['openid', 'email', 'photos'], grant_access_token_audience: [] },
      ...{ remember: true, remember_for: 600 },
      session: { id_token: { email: 'alice@example.org', email_verified: true }, access_token: {} },
    });
  });

  it('gets the user whom Hydra remembers without a page, as long as the session at Gatehouse lives', async () => {
    const visitor = newVisitor();
    await signIn(visitor, 'bob');
    for (const parameters of [{}, { prompt: 'none' }])
      expect(await visitor.follow(hydra.authorize(parameters))).toMatch(/\/done\?code=/);
    await deployment.rows('DELETE FROM flow.sessions');
    expect(await visitor.follow(hydra.authorize({ prompt: 'none' }))).toMatch(/\/done\?error=login_required/);
    expect(await visitor.follow(hydra.authorize())).toMatch(/\/if\/flow\/login\//);
  });

  it('asks for consent again after the user has revoked a consent that Hydra remembers', async () => {
    const visitor = newVisitor();
    await signIn(visitor, 'bob');
    await deployment.rows('DELETE FROM consent.grants');
    expect(await visitor.follow(hydra.authorize({ prompt: 'none' }))).toMatch(/\/done\?error=consent_required/);
    const consent = await visitor.follow(hydra.authorize());
    expect(await visitor.follow(await visitor.consent(consent))).toMatch(/\/done\?code=/);
  });

  it('gets no page for the consent if the client is trusted', async () => {
    expect(await logIn(newVisitor(), 'alice', { client_id: 'trusted' })).toMatch(/\/done\?code=/);
  });

  it('gets access_denied when the user refuses', async () => {
    const visitor = newVisitor();
    const consent = await logIn(visitor, 'alice', { prompt: 'login consent' });
    await visitor.showConsent(consent);
    expect(await visitor.follow(await visitor.cancel())).toMatch(/\/done\?error=access_denied/);
  });

  it('gets access_denied when another user consents than the one who logged in', async () => {
    const visitor = newVisitor();
    const login = await visitor.follow(hydra.authorize({ prompt: 'login consent' }));
    const consent = await visitor.follow(await visitor.logIn(login, 'alice'), `${publicUrl}/consent`);
    await visitor.logIn(`${deployment.url}/if/flow/login/`, 'bob');
    const page = await visitor.follow(consent);
    expect(await visitor.follow(await visitor.consent(page))).toMatch(/\/done\?error=access_denied/);
    expect(answered('consent/reject')).toMatchObject({ error: 'access_denied' });
  });

  it('logs its user out at Gatehouse before Hydra accepts the logout', async () => {
    const visitor = newVisitor();
    await signIn(visitor, 'bob');
    const { headers } = await visitor.fetch(hydra.beginLogout());
    const { headers: toFlow } = await visitor.fetch(headers.get('location')!);
    expect([toFlow.get('location'), answered('logout/accept')]).toEqual(['/if/flow/logout/', undefined]);
    const { to } = await visitor.execute('logout');
    expect(await visitor.follow(String(to))).toBe(`${hydra.url}/logged-out`);
    expect(answered('logout/accept')).toEqual({});
    expect((await visitor.fetch(`${deployment.url}/api/v3/core/users/me/`)).status).toBe(403);
  });
});

describe('the bridge', () => {
  it('returns 400 or 404 for a missing or unknown challenge, and redirects from one that is answered', async () => {
    const visitor = newVisitor();
    for (const kind of ['login', 'consent', 'logout']) {
      expect((await visitor.fetch(`${publicUrl}/${kind}`)).status).toBe(400);
      expect((await visitor.fetch(`${publicUrl}/${kind}?${kind}_challenge=x`)).status).toBe(404);
    }
    const { headers } = await visitor.fetch(hydra.authorize({ prompt: 'login' }));
    const login = headers.get('location')!;
    await visitor.follow(await visitor.logIn(await visitor.follow(login), 'alice'));
    expect((await visitor.fetch(login)).headers.get('location')).toMatch(publicUrl);
  });

  it('answers a path that is no URL with 404, and keeps running', async () => {
    expect((await fetch(`${publicUrl}//`)).status).toBe(404);
    expect((await fetch(`${publicUrl}/login`)).status).toBe(400);
  });

  it('accepts a response once, and only in the browser that started the login', async () => {
    const visitor = newVisitor();
    const login = await visitor.follow(hydra.authorize({ prompt: 'login' }));
    const back = await visitor.follow(await visitor.logIn(login, 'alice'), `${publicUrl}/callback`);
    expect((await newVisitor().fetch(back)).status).toBe(400);
    expect((await visitor.fetch(back)).status).toBe(302);
    expect((await visitor.fetch(back)).status).toBe(400);
  });

  it('refuses a response of another issuer (mix-up attack)', async () => {
    const visitor = newVisitor();
    const login = await visitor.follow(hydra.authorize({ prompt: 'login' }));
    const back = new URL(await visitor.follow(await visitor.logIn(login, 'alice'), `${publicUrl}/callback`));
    back.searchParams.set('iss', `${deployment.url}/application/o/bridge-consent/`);
    expect((await visitor.fetch(back.href)).status).toBe(502);
  });

  it('forbids framing, and never logs secrets or codes', async () => {
    const { headers } = await newVisitor().fetch(hydra.authorize({ prompt: 'login' }));
    const response = await newVisitor().fetch(headers.get('location')!);
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(bridge.output()).not.toMatch(/code=|secret-of|authentik_session/);
  });

  it('returns 502 for a reply of Hydra that is no JSON, and logs no part of it', async () => {
    const garbage = createServer((_request, response) => response.end('<verifier-of-hydra>'));
    await new Promise<void>((listening) => garbage.listen(0, '127.0.0.1', listening));
    const HYDRA_ADMIN_URL = `http://127.0.0.1:${(garbage.address() as AddressInfo).port}`;
    const url = `http://127.0.0.1:${await freePort()}`;
    const settings = { ...bridgeSettings(deployment, url), HYDRA_ADMIN_URL };
    const other = await startProcess('examples/hydra-login/server.mjs', settings, { ready: /serving/ });
    expect((await fetch(`${url}/login?login_challenge=c`)).status).toBe(502);
    expect(other.output()).toContain('Hydra answered 200');
    expect(other.output()).not.toContain('verifier');
    await other.stop();
    garbage.close();
  });
});
