import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  conditionEntry,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';
import { sendRaw } from '../support/raw-http.js';

const CODE = 'ak-provider-oauth2-device-code';
const FINISH = { component: 'ak-provider-oauth2-device-code-finish', approved: true };
const CONSENT = { component: 'ak-stage-consent' };
const DONE = { component: 'xak-flow-redirect', to: '/' };
const SECRET = 'secret-of-the-box';
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };

let deployment: Deployment;
let device: OauthDevice;
beforeAll(async () => {
  deployment = await Deployment.open({
    alone: ['consent'],
    blueprints: [
      blueprint(
        ...['alice', 'bob', 'carol', 'dave', 'erin', 'frank'].map((name) => userEntry(name)),
        groupEntry('viewers', { users: ['alice', 'bob'] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('code', [], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
        flowEntries('consent', [{ stage: 'consent.consentstage' }], AUTHORIZING),
        flowEntries('plain', [], AUTHORIZING),
        clientEntries('tv', { flow: 'consent' }),
        clientEntries('radio', { flow: 'plain', attrs: { access_code_validity: 'minutes=5' } }),
        clientEntries('box', { flow: 'plain', attrs: { client_type: 'confidential', client_secret: SECRET } }),
        clientEntries('flash', { flow: 'plain', attrs: { access_code_validity: 'seconds=0' } }),
        clientEntries('cinema', { flow: 'plain' }),
        conditionEntry('cinema application', 'group viewers'),
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: { default: true, flow_device_code: keyOf('code') },
        },
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
    gateway: { ATTEMPTS_DELAY_S: '600' },
  });
  device = new OauthDevice(deployment);
});
afterAll(() => deployment?.close());

async function loggedIn(name: string): Promise<Browser> {
  const browser = deployment.browser().complete();
  await browser.show('login');
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
/** Consents to the challenge that a flow shows, and returns the reply. */
async function consent(browser: Browser, slug: string) {
  const { body } = await browser.show(slug);
  return (await browser.solve(slug, { ...CONSENT, token: body['token'] })).body;
}
const openLink = (browser: Browser, code: string) => browser.fetch(`/device?code=${code}`);
const pending = { status: 400, body: { error: 'authorization_pending' } };
const refused = { status: 400, body: { error: 'access_denied' } };

describe('a device with a device code', () => {
  it('gets addresses of the configured origin, whatever Host its requests have (accident 41)', async () => {
    const hosts = 'Host: evil.example\r\nX-Forwarded-Host: evil.example\r\n';
    const form = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\nclient_id=tv`;
    const codes = await sendRaw(deployment.url, `POST /application/o/device/ HTTP/1.1\r\n${hosts}${form}`);
    const metadata = '/application/o/tv/.well-known/openid-configuration';
    const published = await sendRaw(deployment.url, `GET ${metadata} HTTP/1.1\r\n${hosts}\r\n`);
    expect([codes.status, published.status]).toEqual([200, 200]);
    expect(codes.body).toContain(`"verification_uri":"${deployment.url}/device"`);
    expect(codes.body + published.body).not.toContain('evil.example');
  });

  it('is authorized by its user, and gets the allowed scopes through openid-client', async () => {
    const insecure = { execute: [openid.allowInsecureRequests] };
    const issuer = new URL('/application/o/tv/', deployment.url);
    const client = await openid.discovery(issuer, 'tv', undefined, openid.None(), insecure);
    const authorization = await openid.initiateDeviceAuthorization(client, { scope: 'openid email secrets' });
    expect(authorization).toMatchObject({ verification_uri: `${deployment.url}/device`, expires_in: 60, interval: 5 });
    const polled = openid.pollDeviceAuthorizationGrant(client, authorization);

    const alice = await loggedIn('alice');
    const { pathname, search } = new URL(authorization.verification_uri_complete ?? '');
    const redirect = await alice.fetch(pathname + search);
    expect(redirect.headers.get('location')).toBe(`/if/flow/consent/${search}`);
    const { body } = await alice.show('consent', search.slice(1));
    expect(body).toMatchObject({
      component: 'ak-stage-consent',
      header_text: expect.stringContaining(
        `The tv. Continue only if your own device shows the code ${search.slice(6)}.`,
      ),
      permissions: [
        { id: 'openid', name: 'Know who you are' },
        { id: 'email', name: 'See your e-mail address' },
      ],
    });
    expect((await alice.solve('consent', { token: body['token'] })).body).toMatchObject(FINISH);
    expect((await alice.solve('consent', {})).body).toMatchObject(DONE);

    const tokens = await polled;
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'openid email' });
    const [me] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'alice'`);
    const claims = () => openid.fetchUserInfo(client, tokens.access_token, me!.id);
    expect(await claims()).toEqual({ sub: me!.id, email: 'alice@example.org', email_verified: true });
    for (const [email, verified] of [
      ['alice@example.net', 'alice@example.org'],
      ['', ''],
    ]) {
      await deployment.rows('UPDATE directory.users SET email = $1, verified_email = $2 WHERE id = $3', [
        ...[email, verified, me!.id],
      ]);
      expect(await claims()).toEqual({ sub: me!.id, email, email_verified: false });
    }
    await deployment.rows('UPDATE directory.users SET email = $1, verified_email = $1 WHERE id = $2', [
      ...['alice@example.org', me!.id],
    ]);
  });

  it('is authorized by a typed code, after an error for a wrong code; `next` is ignored', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const alice = await loggedIn('alice');
    const deviceAddress = await alice.fetch('/device?next=//evil.example');
    expect([deviceAddress.status, deviceAddress.headers.get('location')]).toEqual([302, '/if/flow/code/']);
    const wrong = await alice.solve('code', { component: CODE, code: code === '000000000' ? '1' : '000000000' });
    expect(wrong.body).toMatchObject({
      component: CODE,
      response_errors: { code: [{ string: 'Invalid code', code: 'invalid' }] },
    });
    // API clients may send the code as a number, without leading zeros (docs/spec/device-codes.md#entering).
    const byCode = await alice.solve('code', { component: CODE, code: Number(code) });
    expect(byCode.body).toMatchObject({ component: 'xak-flow-redirect', to: '/if/flow/plain/' });
    expect((await alice.show('plain')).body).toMatchObject(FINISH);
    expect((await alice.solve('plain', {}, 'next=//evil.example')).body).toMatchObject(DONE);
    expect(await device.redeem('radio', deviceCode)).toMatchObject({ status: 200, body: { scope: 'openid' } });
  });

  it('gets slow_down when it polls too often', async () => {
    const { deviceCode } = await device.begin('radio');
    expect(await device.redeem('radio', deviceCode)).toMatchObject(pending);
    expect(await device.redeem('radio', deviceCode)).toMatchObject({ status: 400, body: { error: 'slow_down' } });
  });

  it('is identified by the code of its link even after the visitor has logged in', async () => {
    const { code } = await device.begin('radio');
    const visitor = deployment.browser().complete();
    const redirect = await openLink(visitor, code);
    expect(redirect.headers.get('location')).toBe(
      `/flows/-/default/authentication/?next=${encodeURIComponent(`/device?code=${code}`)}`,
    );
    await visitor.show('login', `next=${encodeURIComponent(`/device?code=${code}`)}`);
    await visitor.solve('login', { uid_field: 'carol' });
    const { body } = await visitor.solve('login', { password: 'correct-horse-7' });
    expect(body).toMatchObject({ to: `/device?code=${code}&cross_site=1` });
    expect((await openLink(visitor, code)).headers.get('location')).toBe(`/if/flow/plain/?code=${code}`);
  });
});

describe('a device is not authorized', () => {
  it('by a user other than the first who entered its code (accident 52)', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const [alice, bob] = [await loggedIn('alice'), await loggedIn('bob')];
    await openLink(alice, code);
    const denied = await openLink(bob, code);
    expect([denied.status, denied.headers.get('location')]).toEqual([200, null]);
    expect(denied.text).toContain('Permission denied');
    expect(denied.text).toContain('This code is wrong or has expired. Compare it with the one on your device.');
    await bob.fetch('/device');
    expect((await bob.solve('code', { code })).body).toMatchObject({
      response_errors: { code: [{ code: 'invalid' }] },
    });
    expect((await bob.show('plain')).body).toMatchObject(DONE);
    expect(await device.redeem('radio', deviceCode)).toMatchObject(pending);
    expect(await consent(alice, 'plain')).toMatchObject(FINISH);
    expect(await device.redeem('radio', deviceCode)).toMatchObject({ status: 200 });
  });

  it('by a user without access to the application, by link or typed code (accident 8)', async () => {
    const carol = await loggedIn('carol');
    const byLink = await device.begin('cinema');
    expect((await openLink(carol, byLink.code)).text).toContain('Permission denied');
    const byCode = await device.begin('cinema');
    await carol.fetch('/device');
    expect((await carol.solve('code', { code: byCode.code })).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
    for (const { deviceCode } of [byLink, byCode])
      expect(await device.redeem('cinema', deviceCode)).toMatchObject(refused);
    const { code } = await device.begin('cinema');
    expect((await openLink(await loggedIn('alice'), code)).headers.get('location')).toMatch('/if/flow/plain/');
  });

  it('when its user cancels, and gets access_denied', async () => {
    const { code, deviceCode } = await device.begin('tv', 'openid profile');
    const dave = await loggedIn('dave');
    await openLink(dave, code);
    const { body } = await dave.show('consent');
    expect(body).toMatchObject({ component: 'ak-stage-consent' });
    const { cancel_url } = body['flow_info'] as { cancel_url: string };
    const cancelled = await dave.fetch(cancel_url);
    // The authorization of the device has ended, so the logout does not redirect to it.
    expect(cancelled.headers.get('location')).toBe('/flows/-/default/invalidation/');
    expect(await device.redeem('tv', deviceCode)).toMatchObject(refused);
  });

  it('when its user cancels, and other devices of the user keep waiting', async () => {
    const [left, waiting] = [await device.begin('tv'), await device.begin('radio')];
    const dave = await loggedIn('dave');
    await openLink(dave, waiting.code);
    await openLink(dave, left.code);
    await dave.fetch('/flows/-/cancel/?stay=1');
    expect(await device.redeem('tv', left.deviceCode)).toMatchObject(refused);
    expect(await device.redeem('radio', waiting.deviceCode)).toMatchObject({
      body: { error: 'authorization_pending' },
    });
  });

  it('by guessing: after too many wrong codes, typed or in links, a right code is refused', async () => {
    const { code } = await device.begin('radio');
    const erin = await loggedIn('erin');
    for (let n = 0; n < 6; n++) await openLink(erin, `00000000${n}`);
    expect((await openLink(erin, code)).text).toContain('Permission denied');
    await erin.fetch('/device');
    expect((await erin.solve('code', { code })).body).toMatchObject({
      response_errors: { code: [{ code: 'invalid' }] },
    });
    expect((await openLink(await loggedIn('bob'), code)).status).toBe(302);
  });

  it('by a link with a malformed code', async () => {
    const dave = await loggedIn('dave');
    const denied = { status: 200, text: expect.stringContaining('Permission denied') };
    for (const code of ['1'.repeat(300), '%00', '%ff', '123']) expect(await openLink(dave, code)).toMatchObject(denied);
  });

  it('by an expired code', async () => {
    const { code, deviceCode } = await device.begin('flash');
    expect((await openLink(await loggedIn('alice'), code)).text).toContain('Permission denied');
    expect(await device.redeem('flash', deviceCode)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
  });

  it('without valid client authentication and a supported grant type', async () => {
    const malformed = await fetch(`${deployment.url}/application/o/tv%00/.well-known/openid-configuration`);
    expect(malformed.status).toBe(404);
    for (const form of [{}, { client_id: '' }, { client_id: 'nobody' }, { client_id: 'tv\0' }])
      expect(await device.post('device', form)).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    const { deviceCode } = await device.begin('box');
    const basic = (secret: string) => ({ authorization: `Basic ${Buffer.from(`box:${secret}`).toString('base64')}` });
    expect(await device.redeem('box', deviceCode)).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    const wrong = await device.redeem('box', deviceCode, basic('wrong'));
    expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic/);
    expect(await device.redeem('box', deviceCode, basic(SECRET))).toMatchObject(pending);
    expect(await device.post('token', { client_id: 'tv' })).toMatchObject({ body: { error: 'invalid_request' } });
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    expect(await device.post('token', { client_id: 'tv', grant_type })).toMatchObject({
      body: { error: 'invalid_grant' },
    });
    const other = { client_id: 'tv', grant_type: 'password' };
    expect(await device.post('token', other)).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
    expect((await fetch(`${deployment.url}/application/o/nobody/.well-known/openid-configuration`)).status).toBe(404);
  });

  it('beyond DEVICE_CODE_RATE requests per hour from one network', async () => {
    const limitedDevice = new OauthDevice(deployment, await deployment.openAnotherGateway({ DEVICE_CODE_RATE: '2' }));
    for (const _ of [1, 2]) expect((await limitedDevice.post('device', { client_id: 'tv' })).status).toBe(200);
    const limitedReply = await limitedDevice.post('device', { client_id: 'tv' });
    expect(limitedReply.status).toBe(429);
    expect(Number(limitedReply.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});

describe('the access token of a device', () => {
  async function authorize(name: string): Promise<string> {
    const { code, deviceCode } = await device.begin('radio', 'openid profile');
    const browser = await loggedIn(name);
    await openLink(browser, code);
    await consent(browser, 'plain');
    return deviceCode;
  }
  const tokenOf = async (name: string) =>
    String((await device.redeem('radio', await authorize(name))).body['access_token']);

  it('returns user info until the user is disabled, and gives no access to the API', async () => {
    const unredeemed = await authorize('frank');
    const token = await tokenOf('frank');
    const { status, body } = await device.userinfo(token);
    expect([status, body]).toMatchObject([200, { preferred_username: 'frank', name: 'frank' }]);
    expect(body).not.toHaveProperty('email');
    const api = await fetch(`${deployment.url}/api/v3/core/users/me/`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(api.status).toBe(403);
    await deployment.rows(`UPDATE directory.users SET is_active = false WHERE username = 'frank'`);
    expect(await device.userinfo(token)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await device.redeem('radio', unredeemed)).toMatchObject(refused);
    for (const prefix of [token.slice(0, -1), 'x', '']) expect((await device.userinfo(prefix)).status).toBe(401);
  });

  it('is revoked with the consent', async () => {
    const { code, deviceCode } = await device.begin('tv');
    const bob = await loggedIn('bob');
    await openLink(bob, code);
    await consent(bob, 'consent');
    const token = String((await device.redeem('tv', deviceCode)).body['access_token']);
    expect((await device.userinfo(token)).status).toBe(200);
    const approved = await device.begin('tv');
    await openLink(bob, approved.code);
    await consent(bob, 'consent');
    const [grant] = (await bob.fetch('/api/v3/core/user_consent/')).body['results'] as { pk: number }[];
    expect((await bob.fetch(`/api/v3/core/user_consent/${grant?.pk}/`, { method: 'DELETE' })).status).toBe(204);
    expect((await device.userinfo(token)).status).toBe(401);
    expect(await device.redeem('tv', approved.deviceCode)).toMatchObject({ body: { error: 'invalid_grant' } });
  });

  it('is invalid once its client is deleted', async () => {
    const token = await tokenOf('alice');
    await deployment.rows(`DELETE FROM flow.oauth_clients WHERE client_id = 'radio'`);
    expect((await device.userinfo(token)).status).toBe(401);
  });
});

describe('while the consent service is down', () => {
  it('devices get 503 with Retry-After', async () => {
    await deployment.stop('consent');
    const answer = await device.post('device', { client_id: 'tv' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });
});
