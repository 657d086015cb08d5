import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  conditionEntry,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import {
  BRIDGE_CLIENT,
  SHOP_CLIENT as CLIENT,
  locationOf,
  OauthApplication,
  SHOP_REDIRECT_URI as REDIRECT_URI,
  returnedBy,
  SHOP_SECRET as SECRET,
} from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';

/** Under 2026.8 a logout would notify this client. */
const TOLD = { logout_uri: 'https://shop.example.org/bye', logout_method: 'frontchannel' };
/** A logout address whose query `URLSearchParams` would serialise differently. */
const BYE = 'https://shop.example.org/bye?all&tenant=a%20b';
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };

let deployment: Deployment;
let shop: OauthApplication;
let plain: OauthApplication;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...['alice', 'bob', 'carol'].map((name) => userEntry(name)),
        groupEntry('customers', { users: ['alice', 'bob'] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
        flowEntries('consent', [{ stage: 'consent.consentstage' }], AUTHORIZING),
        flowEntries('plain', [], AUTHORIZING),
        clientEntries('shop', { flow: 'consent', attrs: BRIDGE_CLIENT }),
        clientEntries('plain', { flow: 'plain', attrs: { ...CLIENT, ...TOLD } }),
        clientEntries('club', { flow: 'plain', attrs: { ...CLIENT, redirect_uris: `${REDIRECT_URI}\n${BYE}` } }),
        conditionEntry('club application', 'group customers'),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
  });
  [shop, plain] = (await Promise.all(
    ['shop', 'plain'].map((name) =>
      OauthApplication.discover(deployment, { name, secret: SECRET, redirectUri: REDIRECT_URI }),
    ),
  )) as [OauthApplication, OauthApplication];
});
afterAll(() => deployment?.close());

/** Logs in by the login flow. Returns the address to which the flow redirects. */
async function logIn(browser: Browser, name: string, query = ''): Promise<string> {
  await browser.show('login', query);
  await browser.solve('login', { uid_field: name });
  return String((await browser.solve('login', { password: 'correct-horse-7' })).body['to']);
}
async function loggedIn(name: string): Promise<Browser> {
  const browser = deployment.browser();
  await logIn(browser, name);
  return browser;
}
/** Gives the consent that a flow asks for. Returns the address to which the flow redirects. */
async function consent(browser: Browser, slug = 'consent'): Promise<string> {
  const { body } = await browser.show(slug);
  expect(body).toMatchObject({ component: 'ak-stage-consent' });
  return String((await browser.solve(slug, { token: body['token'] })).body['to']);
}
const queryOf = (address: string) => address.slice(address.indexOf('?') + 1);

const JSON_TYPE: Record<string, string> = { 'content-type': 'application/json' };
const TEXT_TYPE: Record<string, string> = { 'content-type': 'text/plain' };
/** Sends the form of a logout, as the page of an application does. */
const postLogout = (browser: Browser, body: string, headers: Readonly<Record<string, string>> = {}) =>
  browser.fetch('/application/o/shop/end-session/', {
    ...{ method: 'POST', body },
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });

describe('an application', () => {
  it('gets an ID token that says who logged in, how and when, after login and consent', async () => {
    const visitor = deployment.browser();
    const request = await shop.push({ scope: 'openid email groups secrets' });
    const toLogin = locationOf(await visitor.fetch(request.path));
    const next = `${request.path}&asked=anonymous`;
    expect(toLogin).toBe(`/if/flow/login/?${new URLSearchParams({ next }).toString()}`);
    const started = Math.floor(Date.now() / 1000);
    const back = await logIn(visitor, 'alice', queryOf(toLogin));
    expect(back).toBe(`${next}&cross_site=1`);
    expect(locationOf(await visitor.fetch(back))).toBe('/if/flow/consent/');
    expect((await visitor.show('consent')).body).toMatchObject({
      header_text: "You're about to sign into The shop.",
      permissions: [{ id: 'openid' }, { id: 'email' }, { id: 'groups', name: 'See your groups' }],
    });
    const tokens = await shop.exchange(await consent(visitor), request);
    const [alice] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'alice'`);
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'openid email groups', expires_in: 3600 });
    const claims = tokens.claims()!;
    expect(claims).toMatchObject({
      ...{
        sub: alice!.id,
        acr: 'aal1',
        amr: ['pwd'],
        email: 'alice@example.org',
        email_verified: true,
        groups: ['customers'],
      },
      sid: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(claims).not.toHaveProperty('name');
    expect(Number(claims.auth_time) - started).toBeGreaterThanOrEqual(0);
  });

  it('gets a code without a page while the consent is remembered, with the same subject, session and login time', async () => {
    const bob = await loggedIn('bob');
    const request = await shop.push();
    await bob.fetch(request.path);
    const first = (await shop.exchange(await consent(bob), request)).claims()!;
    const second = (await shop.signIn(bob)).claims()!;
    const silent = (await shop.signIn(bob, { prompt: 'none' })).claims()!;
    for (const { sub, sid, auth_time } of [second, silent])
      expect({ sub, sid, auth_time }).toEqual({ sub: first.sub, sid: first['sid'], auth_time: first.auth_time });
    const elsewhere = (await plain.signIn(bob)).claims()!;
    expect([elsewhere.sub === first.sub, elsewhere['sid'] === first['sid']]).toEqual([true, false]);
  });

  it('gets exactly one valid code if the browser opens the address of its request several times at once', async () => {
    const [alice, request] = [await loggedIn('alice'), await plain.push()];
    const responses = await Promise.all([1, 2, 3, 4].map(() => alice.fetch(request.path)));
    const codes = responses.map((response) => returnedBy(response)['code']).filter((code) => code !== undefined);
    expect(new Set(codes).size).toBe(1);
    for (const response of responses) {
      expect(['', REDIRECT_URI]).toContain(locationOf(response).replace(/\?.*/, ''));
      expect(returnedBy(response)['error']).toBeUndefined();
    }
    const answered = responses.find((response) => returnedBy(response)['code'] !== undefined)!;
    expect((await plain.exchange(locationOf(answered), request)).claims()).toMatchObject({ aud: 'plain' });
  });

  it.each([{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }])(
    'gets a new login for a request with %j, and the parameter asked=1 does not replace that login',
    async (parameters: Record<string, string>) => {
      const alice = await loggedIn('alice');
      const before = (await plain.signIn(alice)).claims()!;
      const request = await plain.push(parameters);
      const { next } = returnedBy(await alice.fetch(request.path));
      const skipped = await plain.push(parameters);
      expect(returnedBy(await alice.fetch(`${skipped.path}&asked=1`))).toMatchObject({ error: 'login_required' });
      const back = await logIn(alice, 'alice', new URLSearchParams({ next: next! }).toString());
      const tokens = await plain.exchange(locationOf(await alice.fetch(back)), request);
      expect(tokens.claims()!['sid']).toBe(before['sid']);
      expect(Number(tokens.claims()!.auth_time)).toBeGreaterThanOrEqual(Number(before.auth_time));
    },
  );

  it('gets a new login only if the last one is older than max_age', async () => {
    const alice = await loggedIn('alice');
    expect((await plain.signIn(alice, { max_age: '600' })).claims()).toMatchObject({ amr: ['pwd'] });
    await deployment.rows(
      `UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - interval '11 min')`,
    );
    const { path } = await plain.push({ max_age: '600' });
    expect(locationOf(await alice.fetch(path))).toMatch(/^\/flows\/-\/default\/authentication\//);
    const silent = await plain.push({ max_age: '600', prompt: 'none' });
    expect(returnedBy(await alice.fetch(silent.path))).toMatchObject({ error: 'login_required' });
  });

  it('gets login_required or consent_required with prompt=none, and no page is shown', async () => {
    const [anonymous, carol] = [deployment.browser(), await loggedIn('carol')];
    const request = await shop.push({ prompt: 'none' });
    expect(returnedBy(await anonymous.fetch(request.path))).toEqual({
      ...{ error: 'login_required', state: request.checks.expectedState },
      iss: `${deployment.url}/application/o/shop/`,
    });
    const asked = await shop.push({ prompt: 'none' });
    expect(returnedBy(await carol.fetch(asked.path))).toMatchObject({ error: 'consent_required' });
    expect((await carol.fetch(asked.path)).status).toBe(404);
  });

  it('gets its code without a confirmation when another site opens the address, as applications do', async () => {
    const bob = await loggedIn('bob');
    const request = await plain.push();
    const opened = await bob.fetch(request.path, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect((await plain.exchange(locationOf(opened), request)).claims()).toMatchObject({ amr: ['pwd'] });
  });

  it('gets its code after a consent whose page was reloaded', async () => {
    const bob = await loggedIn('bob');
    const request = await shop.push({ prompt: 'consent' });
    const headers = { 'sec-fetch-site': 'cross-site' };
    for (const _ of [1, 2]) expect(locationOf(await bob.fetch(request.path, { headers }))).toBe('/if/flow/consent/');
    expect((await shop.exchange(await consent(bob), request)).claims()).toMatchObject({ amr: ['pwd'] });
  });

  it('gets a consent for prompt=consent, even if one is remembered or its flow has no consent step', async () => {
    const bob = await loggedIn('bob');
    for (const _ of ['first', 'although the first one is remembered']) {
      const { path } = await shop.push({ prompt: 'consent' });
      expect(locationOf(await bob.fetch(path))).toBe('/if/flow/consent/');
      await consent(bob);
      expect((await shop.signIn(bob)).claims()).toMatchObject({ amr: ['pwd'] });
    }
    const request = await plain.push({ prompt: 'consent' });
    expect(locationOf(await bob.fetch(request.path))).toBe('/if/flow/plain/');
    expect((await plain.exchange(await consent(bob, 'plain'), request)).claims()).toMatchObject({ amr: ['pwd'] });
  });

  it('gets access_denied when its user refuses the consent, and the user stays logged in', async () => {
    const alice = await loggedIn('alice');
    const request = await shop.push({ prompt: 'consent' });
    await alice.fetch(request.path);
    const { body } = await alice.show('consent');
    const { cancel_url } = body['flow_info'] as { cancel_url: string };
    const refused = await alice.fetch(`${cancel_url}?stay=1`);
    expect(returnedBy(refused)).toMatchObject({ error: 'access_denied', state: request.checks.expectedState });
    expect((await alice.fetch('/api/v3/core/users/me/')).status).toBe(200);
    expect((await alice.fetch(request.path)).status).toBe(404);
  });

  it('gets a code for another user of the same browser, after "Not you?"', async () => {
    const browser = await loggedIn('alice');
    const request = await shop.push({ prompt: 'consent' });
    await browser.fetch(request.path);
    const { body } = await browser.show('consent');
    const { cancel_url } = body['flow_info'] as { cancel_url: string };
    const { next } = returnedBy(await browser.fetch(cancel_url));
    expect(next).toBe(`${request.path}&cross_site=1`);
    await browser.show('logout');
    await browser.solve('logout', { token: (await browser.show('logout')).body['token'] });
    expect(locationOf(await browser.fetch(next!))).toMatch(/^\/if\/flow\/login\//);
    await logIn(browser, 'bob');
    await browser.fetch(next!);
    const tokens = await shop.exchange(await consent(browser), request);
    const [bob] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'bob'`);
    expect(tokens.claims()?.sub).toBe(bob!.id);
  });

  it('gets access_denied for a user whom its policies refuse (accident 8)', async () => {
    const club = await OauthApplication.discover(deployment, {
      ...{ name: 'club', secret: SECRET, redirectUri: REDIRECT_URI },
    });
    const { path } = await club.push();
    expect(returnedBy(await (await loggedIn('carol')).fetch(path))).toMatchObject({ error: 'access_denied' });
    expect((await club.signIn(await loggedIn('alice'))).claims()).toMatchObject({ acr: 'aal1' });
  });

  it('asks for consent to another application, and the consent counts for that application only', async () => {
    const bob = await loggedIn('bob');
    const detail = (id: string, name: string) => ({
      ...{ type: 'urn:gatehouse:consent', client: { id, name } },
      scopes: [{ id: 'photos', name: 'See your photos' }],
    });
    const parameters = { authorization_details: JSON.stringify([detail('prints', 'Photo prints')]) };
    const request = await shop.push(parameters);
    await bob.fetch(request.path);
    expect((await bob.show('consent')).body).toMatchObject({
      header_text: "You're about to sign into Photo prints.",
      additional_permissions: [
        { id: 'prints/openid', name: 'Know who you are' },
        { id: 'prints/photos', name: 'See your photos' },
      ],
    });
    const tokens = await shop.exchange(await consent(bob), request);
    expect(tokens['authorization_details']).toEqual([detail('prints', 'Photo prints')]);
    expect((await shop.signIn(bob, parameters))['authorization_details']).toHaveLength(1);
    const other = { authorization_details: JSON.stringify([detail('frames', 'Frames')]) };
    const { path } = await shop.push({ ...other, prompt: 'none' });
    expect(returnedBy(await bob.fetch(path))).toMatchObject({ error: 'consent_required' });
  });

  it('logs its user out by the invalidation flow, which redirects to registered addresses only', async () => {
    const alice = await loggedIn('alice');
    const endSession = (uri: string) =>
      `/application/o/shop/end-session/?${new URLSearchParams({ post_logout_redirect_uri: uri, state: 'x' }).toString()}`;
    expect((await alice.fetch(endSession('https://evil.example/'))).status).toBe(404);
    expect(locationOf(await alice.fetch(endSession(REDIRECT_URI)))).toBe('/if/flow/logout/');
    expect((await alice.show('logout')).body).toMatchObject({ to: `${REDIRECT_URI}?state=x` });
    expect((await alice.fetch('/api/v3/core/users/me/')).status).toBe(403);
    expect(locationOf(await alice.fetch(endSession(REDIRECT_URI)))).toBe(`${REDIRECT_URI}?state=x`);
    const club = endSession(BYE).replace('/shop/', '/club/');
    expect(locationOf(await alice.fetch(club))).toBe(`${BYE}&state=x`);
    const long = 'x'.repeat(4000);
    expect(locationOf(await alice.fetch(endSession(REDIRECT_URI) + long))).toBe(`${REDIRECT_URI}?state=x${long}`);
  });

  it('can also log its user out by a form, and the POST alone changes nothing', async () => {
    const alice = await loggedIn('alice');
    const form = new URLSearchParams({ post_logout_redirect_uri: REDIRECT_URI, state: 'a&b' }).toString();
    const posted = await postLogout(alice, `${form}&id_token_hint=x`, { 'sec-fetch-site': 'cross-site' });
    expect([posted.status, locationOf(posted)]).toEqual([303, `/application/o/shop/end-session/?${form}`]);
    expect((await alice.fetch('/api/v3/core/users/me/')).status).toBe(200);
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect(locationOf(await alice.fetch(locationOf(posted), { headers }))).toBe('/if/flow/logout/');
    const { token } = (await alice.show('logout')).body;
    expect((await alice.fetch('/api/v3/core/users/me/')).status).toBe(200);
    expect((await alice.solve('logout', { token })).body).toMatchObject({ to: `${REDIRECT_URI}?state=a%26b` });
    expect((await alice.fetch('/api/v3/core/users/me/')).status).toBe(403);
    expect(locationOf(await postLogout(alice, ''))).toBe('/application/o/shop/end-session/');
  });

  it('logs its user out only after a confirmation if the logout is the destination of a login', async () => {
    const alice = deployment.browser();
    const to = await logIn(alice, 'alice', 'next=%2Fapplication%2Fo%2Fshop%2Fend-session%2F');
    expect(locationOf(await alice.fetch(to))).toBe('/if/flow/logout/');
    expect((await alice.show('logout')).body).toMatchObject({ component: 'ak-stage-consent' });
    expect((await alice.fetch('/api/v3/core/users/me/')).status).toBe(200);
  });

  it('is not notified of a logout, because clients of 2024.8 do not know the logout step', async () => {
    const alice = await loggedIn('alice');
    await plain.signIn(alice);
    expect(await deployment.rows('SELECT FROM flow.signed_in_applications')).toEqual([]);
    expect((await alice.show('logout')).body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
    expect(plain.config.serverMetadata()['frontchannel_logout_supported']).toBeUndefined();
  });

  it.each([
    [
      'an unregistered address',
      { status: 404, body: 'post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F', headers: {} },
    ],
    ['a repeated parameter', { status: 400, body: 'state=a&state=b', headers: {} }],
    ['JSON', { status: 415, body: '{}', headers: JSON_TYPE }],
    ['plain text', { status: 415, body: 'state=a', headers: TEXT_TYPE }],
  ])('gets no redirect for a logout with %s', async (_, { status, body, headers }) => {
    const refused = await postLogout(deployment.browser(), body, headers);
    expect([refused.status, locationOf(refused)]).toEqual([status, '']);
  });
});
