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

const CODE = 'ak-provider-oauth2-device-code';
const FINISH = { component: 'ak-provider-oauth2-device-code-finish' };
const DONE = { component: 'xak-flow-redirect', to: '/' };
const SECRET = 'secret-of-the-box';
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };

let deployment: Deployment;
let device: OauthDevice;
beforeAll(async () => {
  deployment = await Deployment.open({
    apart: ['consent'],
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
  const browser = deployment.browser();
  await browser.show('login');
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
const follow = (browser: Browser, code: string) => browser.fetch(`/device?code=${code}`);
const pending = { status: 400, body: { error: 'authorization_pending' } };
const refused = { status: 400, body: { error: 'access_denied' } };

describe('a device that signs in by a code', () => {
  it('is let in by its user, as openid-client sees it, and learns what they have allowed', async () => {
    const insecure = { execute: [openid.allowInsecureRequests] };
    const issuer = new URL('/application/o/tv/', deployment.url);
    const client = await openid.discovery(issuer, 'tv', undefined, openid.None(), insecure);
    const begun = await openid.initiateDeviceAuthorization(client, { scope: 'openid email secrets' });
    expect(begun).toMatchObject({ verification_uri: `${deployment.url}/device`, expires_in: 60, interval: 5 });
    const polled = openid.pollDeviceAuthorizationGrant(client, begun);

    const alice = await loggedIn('alice');
    const { pathname, search } = new URL(begun.verification_uri_complete ?? '');
    const led = await alice.fetch(pathname + search);
    expect(led.headers.get('location')).toBe(`/if/flow/consent/${search}`);
    const { body } = await alice.show('consent', search.slice(1));
    expect(body).toMatchObject({
      component: 'ak-stage-consent',
      header_text: "You're about to sign into The tv.",
      permissions: [
        { id: 'openid', name: 'Know who you are' },
        { id: 'email', name: 'See your e-mail address' },
      ],
    });
    expect((await alice.solve('consent', { token: body['token'] })).body).toMatchObject(FINISH);
    expect((await alice.solve('consent', {})).body).toEqual(DONE);

    const tokens = await polled;
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'openid email' });
    const [me] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'alice'`);
    const claims = await openid.fetchUserInfo(client, tokens.access_token, me!.id);
    expect(claims).toEqual({ sub: me!.id, email: 'alice@example.org', email_verified: false });
  });

  it('is let in by the code that is typed, wherever the link leads on to; a wrong one is said to be wrong', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const alice = await loggedIn('alice');
    const asked = await alice.fetch('/device?next=//evil.example');
    expect([asked.status, asked.headers.get('location')]).toEqual([302, '/if/flow/code/']);
    const wrong = await alice.solve('code', { component: CODE, code: code === '000000000' ? '1' : '000000000' });
    expect(wrong.body).toMatchObject({
      component: CODE,
      response_errors: { code: [{ string: 'Invalid code', code: 'invalid' }] },
    });
    // A number, as clients of the API send it: zeros in front are lost (docs/spec/device-codes.md#entering).
    const typed = await alice.solve('code', { component: CODE, code: Number(code) });
    expect(typed.body).toEqual({ component: 'xak-flow-redirect', to: '/if/flow/plain/' });
    expect((await alice.show('plain')).body).toMatchObject(FINISH);
    expect((await alice.solve('plain', {}, 'next=//evil.example')).body).toEqual(DONE);
    expect(await device.redeem('radio', deviceCode)).toMatchObject({ status: 200, body: { scope: 'openid' } });
  });

  it('is not let in by looking, however often', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const alice = await loggedIn('alice');
    await follow(alice, code);
    for (const _ of [1, 2, 3]) expect((await alice.show('plain')).body).toMatchObject(FINISH);
    expect((await alice.fetch('/if/flow/plain/')).text).toContain('Sign the device in');
    expect(await device.redeem('radio', deviceCode)).toMatchObject(pending);
  });

  it('is told to slow down when it asks too often', async () => {
    const { deviceCode } = await device.begin('radio');
    expect(await device.redeem('radio', deviceCode)).toMatchObject(pending);
    expect(await device.redeem('radio', deviceCode)).toMatchObject({ status: 400, body: { error: 'slow_down' } });
  });

  it('waits for whoever logs in on the way, and comes back to its code', async () => {
    const { code } = await device.begin('radio');
    const stranger = deployment.browser();
    const led = await follow(stranger, code);
    expect(led.headers.get('location')).toBe(
      `/flows/-/default/authentication/?next=${encodeURIComponent(`/device?code=${code}`)}`,
    );
    await stranger.show('login', `next=${encodeURIComponent(`/device?code=${code}`)}`);
    await stranger.solve('login', { uid_field: 'carol' });
    const { body } = await stranger.solve('login', { password: 'correct-horse-7' });
    expect(body).toMatchObject({ to: `/device?code=${code}&cross_site=1` });
    expect((await follow(stranger, code)).headers.get('location')).toBe(`/if/flow/plain/?code=${code}`);
  });
});

describe('a device is not let in', () => {
  it('by somebody else than the first who showed its code (accident 52)', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const [alice, bob] = [await loggedIn('alice'), await loggedIn('bob')];
    await follow(alice, code);
    const denied = await follow(bob, code);
    expect([denied.status, denied.headers.get('location')]).toEqual([200, null]);
    expect(denied.text).toContain('Permission denied');
    await bob.fetch('/device');
    expect((await bob.solve('code', { code })).body).toMatchObject({
      response_errors: { code: [{ code: 'invalid' }] },
    });
    expect((await bob.show('plain')).body).toEqual(DONE);
    expect(await device.redeem('radio', deviceCode)).toMatchObject(pending);
    expect((await alice.solve('plain', {})).body).toEqual(DONE);
    expect(await device.redeem('radio', deviceCode)).toMatchObject({ status: 200 });
  });

  it('by somebody whom the application is not for, by a link or by hand (accident 8)', async () => {
    const carol = await loggedIn('carol');
    const linked = await device.begin('cinema');
    expect((await follow(carol, linked.code)).text).toContain('Permission denied');
    const typed = await device.begin('cinema');
    await carol.fetch('/device');
    expect((await carol.solve('code', { code: typed.code })).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
    for (const { deviceCode } of [linked, typed])
      expect(await device.redeem('cinema', deviceCode)).toMatchObject(refused);
    const { code } = await device.begin('cinema');
    expect((await follow(await loggedIn('alice'), code)).headers.get('location')).toMatch('/if/flow/plain/');
  });

  it('when its user leaves without a yes, and is told', async () => {
    const { code, deviceCode } = await device.begin('tv', 'openid profile');
    const dave = await loggedIn('dave');
    await follow(dave, code);
    const { body } = await dave.show('consent');
    expect(body).toMatchObject({ component: 'ak-stage-consent' });
    const { cancel_url } = body['flow_info'] as { cancel_url: string };
    expect((await dave.fetch(cancel_url)).status).toBe(302);
    expect(await device.redeem('tv', deviceCode)).toMatchObject(refused);
  });

  it('by guessing: too many wrong codes, in links too, and a right one counts as wrong', async () => {
    const { code } = await device.begin('radio');
    const erin = await loggedIn('erin');
    for (let n = 0; n < 6; n++) await follow(erin, `00000000${n}`);
    expect((await follow(erin, code)).text).toContain('Permission denied');
    await erin.fetch('/device');
    expect((await erin.solve('code', { code })).body).toMatchObject({
      response_errors: { code: [{ code: 'invalid' }] },
    });
    expect((await follow(await loggedIn('bob'), code)).status).toBe(302);
  });

  it('by a link with what cannot be a code, which is a wrong one like any other', async () => {
    const dave = await loggedIn('dave');
    const denied = { status: 200, text: expect.stringContaining('Permission denied') };
    for (const code of ['1'.repeat(300), '%00', '%ff', '123']) expect(await follow(dave, code)).toMatchObject(denied);
  });

  it('by a code that lasts no time', async () => {
    const { code, deviceCode } = await device.begin('flash');
    expect((await follow(await loggedIn('alice'), code)).text).toContain('Permission denied');
    expect(await device.redeem('flash', deviceCode)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
  });

  it('when it does not show who it is', async () => {
    const nul = await fetch(`${deployment.url}/application/o/tv%00/.well-known/openid-configuration`);
    expect(nul.status).toBe(404);
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
    const other = { client_id: 'tv', grant_type: 'authorization_code' };
    expect(await device.post('token', other)).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
    expect((await fetch(`${deployment.url}/application/o/nobody/.well-known/openid-configuration`)).status).toBe(404);
  });

  it('more often than DEVICE_CODE_RATE in an hour from one network', async () => {
    const limited = new OauthDevice(deployment, await deployment.openAnotherGateway({ DEVICE_CODE_RATE: '2' }));
    for (const _ of [1, 2]) expect((await limited.post('device', { client_id: 'tv' })).status).toBe(200);
    const refusal = await limited.post('device', { client_id: 'tv' });
    expect(refusal.status).toBe(429);
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});

describe('the token of a device', () => {
  async function letIn(name: string): Promise<string> {
    const { code, deviceCode } = await device.begin('radio', 'openid profile');
    const browser = await loggedIn(name);
    await follow(browser, code);
    await browser.show('plain');
    await browser.solve('plain', {});
    return deviceCode;
  }
  const tokenOf = async (name: string) =>
    String((await device.redeem('radio', await letIn(name))).body['access_token']);

  it('says who its user is until they are disabled, and lets nobody into the API', async () => {
    const late = await letIn('frank');
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
    expect(await device.redeem('radio', late)).toMatchObject(refused);
    for (const prefix of [token.slice(0, -1), 'x', '']) expect((await device.userinfo(prefix)).status).toBe(401);
  });

  it('is worth nothing once its user has taken their consent back', async () => {
    const { code, deviceCode } = await device.begin('tv');
    const bob = await loggedIn('bob');
    await follow(bob, code);
    const { body } = await bob.show('consent');
    await bob.solve('consent', { token: body['token'] });
    await bob.solve('consent', {});
    const token = String((await device.redeem('tv', deviceCode)).body['access_token']);
    expect((await device.userinfo(token)).status).toBe(200);
    const [grant] = (await bob.fetch('/api/v3/core/user_consent/')).body['results'] as { pk: number }[];
    expect((await bob.fetch(`/api/v3/core/user_consent/${grant?.pk}/`, { method: 'DELETE' })).status).toBe(204);
    expect((await device.userinfo(token)).status).toBe(401);
  });

  it('is worth nothing once its client is gone', async () => {
    const token = await tokenOf('alice');
    await deployment.rows(`DELETE FROM flow.oauth_clients WHERE client_id = 'radio'`);
    expect((await device.userinfo(token)).status).toBe(401);
  });
});

describe('while the service that keeps codes is away', () => {
  it('devices are told to come again', async () => {
    await deployment.end('consent');
    const answer = await device.post('device', { client_id: 'tv' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });
});
