import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BridgeVisitor, openForBridge, startDocumentedBridge } from '../support/bridge.js';
import type { Deployment } from '../support/deployment.js';
import { freePort, type RunningProcess } from '../support/processes.js';

const APP = 'https://prints.example.org/back';
const SECRET = 'secret-of-the-prints'; // not-a-secret

let deployment: Deployment;
let provider: RunningProcess;
let publicUrl: string;
let app: openid.Configuration;
beforeAll(async () => {
  publicUrl = `http://127.0.0.1:${await freePort()}`;
  deployment = await openForBridge(publicUrl);
  provider = await startDocumentedBridge(deployment, 'docs/how-to/node-oidc-provider.md', {
    replacements: {
      'http://127.0.0.1:3002': publicUrl,
      'http://127.0.0.1:9000': deployment.url,
      'change-me': SECRET,
      '"redirect_uris": ["http://127.0.0.1:8080/back"]': `"redirect_uris": ["${APP}"], "post_logout_redirect_uris": ["https://prints.example.org/bye"]`,
    },
    settings: { PORT: new URL(publicUrl).port },
  });
  const insecure = { execute: [openid.allowInsecureRequests] };
  app = await openid.discovery(new URL(publicUrl), 'prints', SECRET, openid.ClientSecretBasic(), insecure);
});
afterAll(async () => {
  await provider?.stop();
  await deployment?.close();
});

const newVisitor = () => new BridgeVisitor(deployment.url);

/**
 * Begins a sign-in of the application. Returns the address for the browser, and the function that exchanges the code in
 * the response.
 */
async function signIn(parameters: Readonly<Record<string, string>> = {}) {
  const [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(app, {
    ...{ redirect_uri: APP, scope: 'openid email photos', state, nonce, code_challenge_method: 'S256' },
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    ...parameters,
  });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return { url: url.href, finish: (address: string) => openid.authorizationCodeGrant(app, new URL(address), checks) };
}

/** Signs a new visitor in: logs in, and gives the consent unless the user has given it before. */
async function signedIn(name: string) {
  const visitor = newVisitor();
  const { url, finish } = await signIn();
  const next = await visitor.follow(await visitor.logIn(await visitor.follow(url), name), APP);
  const back = next.startsWith(APP) ? next : await visitor.follow(await visitor.consent(next), APP);
  return { visitor, tokens: await finish(back) };
}

/** Sends the form of the provider's logout page. Returns the address to which the provider redirects. */
async function confirmLogout(visitor: BridgeVisitor, page: string): Promise<string> {
  const { text } = await visitor.fetch(page);
  const body = new URLSearchParams({ xsrf: /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? '', logout: 'yes' });
  const { status, headers } = await visitor.fetch(`${publicUrl}/session/end/confirm`, { method: 'POST', body });
  expect(status).toBe(303);
  return headers.get('location') ?? '';
}

describe('an application of node-oidc-provider', () => {
  it('gets subject, acr, amr and auth_time of the login at Gatehouse, after a consent that names it and its scopes', async () => {
    const visitor = newVisitor();
    const { url, finish } = await signIn();
    const login = await visitor.follow(url);
    const consent = await visitor.follow(await visitor.logIn(login, 'alice'));
    expect(await visitor.showConsent(consent)).toMatchObject({
      header_text: "You're about to sign into Photo prints.",
      permissions: [{ id: 'prints/openid' }, { id: 'prints/email' }, { id: 'prints/photos', name: 'See your photos' }],
    });
    const tokens = await finish(await visitor.follow(await visitor.consent(consent), APP));
    const [alice] = await deployment.rows<{ id: string; at: number }>(
      `SELECT u.id, floor(extract(epoch FROM (s.data->>'login_at')::timestamptz))::int AS at
       FROM directory.users u JOIN flow.sessions s ON s.user_id = u.id WHERE username = 'alice'`,
    );
    expect(tokens.scope).toBe('openid email photos');
    expect(tokens.claims()).toMatchObject({ sub: alice!.id, acr: 'aal1', amr: ['pwd'], auth_time: alice!.at });
    expect(await openid.fetchUserInfo(app, tokens.access_token, alice!.id)).toMatchObject({
      email: 'alice@example.org',
    });
  });

  it('can sign its user in without the scope openid', async () => {
    const visitor = newVisitor();
    const url = new URL((await signIn({ scope: 'profile photos' })).url);
    url.searchParams.delete('nonce');
    const next = await visitor.follow(await visitor.logIn(await visitor.follow(url.href), 'alice'), APP);
    const back = next.startsWith(APP) ? next : await visitor.follow(await visitor.consent(next), APP);
    expect(new URL(back).searchParams.get('error')).toBeNull();
  });

  it('gets the user of a remembered session without a page, also with prompt=none', async () => {
    const { visitor, tokens } = await signedIn('bob');
    for (const parameters of [{}, { prompt: 'none' }]) {
      const { url, finish } = await signIn(parameters);
      const again = await finish(await visitor.follow(url, APP));
      expect(again.claims()?.sub).toBe(tokens.claims()?.sub);
    }
  });

  it('gets login_required with prompt=none before the login', async () => {
    const { url, finish } = await signIn({ prompt: 'none' });
    await expect(finish(await newVisitor().follow(url, APP))).rejects.toMatchObject({ error: 'login_required' });
  });

  it.each([{ prompt: 'login' }, { max_age: '0' }])(
    'gets a new login with %j',
    async (parameters: Record<string, string>) => {
      const { visitor, tokens } = await signedIn('alice');
      const { url, finish } = await signIn(parameters);
      const next = await visitor.logIn(await visitor.follow(url), 'alice');
      const again = await finish(await visitor.follow(next, APP));
      expect(Number(again.claims()?.auth_time)).toBeGreaterThanOrEqual(Number(tokens.claims()?.auth_time));
      const [{ logins } = { logins: 0 }] = await deployment.rows<{ logins: number }>(
        `SELECT count(*)::int AS logins FROM flow.sessions WHERE (data->>'login_at')::timestamptz > to_timestamp($1)`,
        [Number(tokens.claims()?.auth_time)],
      );
      expect(logins).toBeGreaterThan(0);
    },
  );

  it('gets another user who logs in with prompt=login, and that user stays logged in at Gatehouse', async () => {
    const { visitor, tokens } = await signedIn('alice');
    const { url, finish } = await signIn({ prompt: 'login' });
    const next = await visitor.logIn(await visitor.follow(url), 'bob');
    // The provider first ends its session of the earlier user, by a form that a browser sends without a click.
    const page = await visitor.follow(next);
    expect((await visitor.fetch(page)).text).not.toContain(String(tokens.claims()?.sub));
    const resumed = await visitor.follow(await confirmLogout(visitor, page), APP);
    const back = resumed.startsWith(APP) ? resumed : await visitor.follow(await visitor.consent(resumed), APP);
    const [bob] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'bob'`);
    expect((await finish(back)).claims()?.sub).toBe(bob!.id);
    const { text } = await visitor.fetch(`${deployment.url}/api/v3/core/users/me/`);
    expect(JSON.parse(text)).toMatchObject({ user: { username: 'bob' } });
  });

  it('gets access_denied when its user refuses the consent', async () => {
    const { visitor } = await signedIn('alice');
    const { url, finish } = await signIn({ prompt: 'consent' });
    const consent = await visitor.follow(url);
    await visitor.showConsent(consent);
    const back = await visitor.follow(await visitor.cancel(), APP);
    await expect(finish(back)).rejects.toMatchObject({ error: 'access_denied' });
  });

  it('ends the session at Gatehouse too when it logs its user out', async () => {
    const { visitor, tokens } = await signedIn('bob');
    const end = openid.buildEndSessionUrl(app, {
      ...{ id_token_hint: tokens.id_token!, post_logout_redirect_uri: 'https://prints.example.org/bye', state: 'x' },
    });
    const { headers: toFlow } = await visitor.fetch(await confirmLogout(visitor, end.href));
    expect(toFlow.get('location')).toBe('/if/flow/logout/');
    const { to } = await visitor.execute('logout');
    expect(await visitor.follow(String(to), 'https://prints')).toBe('https://prints.example.org/bye?state=x');
    expect((await visitor.fetch(`${deployment.url}/api/v3/core/users/me/`)).status).toBe(403);
    const { url } = await signIn();
    expect(await visitor.follow(url)).toMatch(/\/if\/flow\/login\//);
  });
});

describe('the bridge', () => {
  it('accepts a response once, and only in the browser that started the login', async () => {
    const { visitor } = await signedIn('alice');
    const { url } = await signIn({ prompt: 'login' });
    const next = await visitor.logIn(await visitor.follow(url), 'alice');
    const back = await visitor.follow(next, `${publicUrl}/callback`);
    const anonymous = newVisitor();
    expect((await anonymous.fetch(await anonymous.follow(back))).status).toBe(400);
    await visitor.follow(back, APP);
    const replayed = await visitor.follow(back);
    expect((await visitor.fetch(replayed)).status).toBe(400);
  });

  it('never logs secrets, codes or cookies', () => {
    expect(provider.output()).not.toMatch(/code=|secret-of|authentik_session/);
  });
});
