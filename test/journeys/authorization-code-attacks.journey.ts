import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import {
  authorizePath,
  BRIDGE_CLIENT,
  SHOP_CLIENT as CLIENT,
  locationOf,
  OauthApplication,
  pushRequest,
  SHOP_REDIRECT_URI as REDIRECT_URI,
  returnedBy,
  SHOP_SECRET as SECRET,
  CODE_VERIFIER as VERIFIER,
} from '../support/oauth-application.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';

const API_KEY = 'key-of-alice-for-the-api-0123456789'; // not-a-secret
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const CONSENT = '[{"type":"urn:gatehouse:consent","client":{"id":"prints","name":"Photo prints"},"scopes":[]}]';

let deployment: Deployment;
let shop: OauthApplication;
let endpoints: OauthDevice;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...['alice', 'bob'].map((name) => userEntry(name)),
        tokenEntry('alice', API_KEY),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('consent', [{ stage: 'consent.consentstage' }], AUTHORIZING),
        flowEntries('plain', [], AUTHORIZING),
        clientEntries('shop', { flow: 'plain', attrs: CLIENT }),
        clientEntries('rival', { flow: 'plain', attrs: CLIENT }),
        clientEntries('asking', { flow: 'consent', attrs: BRIDGE_CLIENT }),
        clientEntries('public', { flow: 'plain', attrs: { redirect_uris: REDIRECT_URI } }),
        clientEntries('silent', { flow: 'plain', attrs: { ...CLIENT, client_secret: '' } }),
        clientEntries('sloppy', {
          flow: 'plain',
          attrs: {
            ...CLIENT,
            redirect_uris: 'https://shop.example.org/.*',
          },
        }),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
  });
  shop = await discover('shop');
  endpoints = new OauthDevice(deployment);
});
afterAll(() => deployment?.close());

const discover = (name: string) =>
  OauthApplication.discover(deployment, { name, secret: SECRET, redirectUri: REDIRECT_URI });

async function logIn(browser: Browser, name: string): Promise<Browser> {
  await browser.show('login');
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
const loggedIn = (name: string) => logIn(deployment.browser(), name);

const push = (changes: Readonly<Record<string, string>> = {}, gateway = endpoints) => pushRequest(gateway, changes);
const pathOf = authorizePath;

/**
 * Issues an authorization code to the client `shop`. Returns the code, and a function that exchanges it with changed
 * parameters.
 */
async function newCode() {
  const { body } = await push();
  const { code } = returnedBy(await (await loggedIn('alice')).fetch(pathOf('shop', body['request_uri'])));
  const form = { grant_type: 'authorization_code', client_id: 'shop', client_secret: SECRET, code: code! };
  const exchange = (changes: Readonly<Record<string, string>> = {}, gateway = endpoints) =>
    gateway.post('token', { ...form, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER, ...changes });
  return { code: code!, exchange };
}

describe('a pushed authorization request', () => {
  it.each([
    ['a wrong secret', { client_secret: 'wrong' }, 'invalid_client'],
    ['no secret', { client_secret: '' }, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client'],
    ['a client whose secret is empty', { client_id: 'silent', client_secret: '' }, 'invalid_client'],
    ['a public client', { client_id: 'public' }, 'unauthorized_client'],
    ['no redirect URI', { redirect_uri: '' }, 'invalid_request'],
    ['another redirect URI', { redirect_uri: `${REDIRECT_URI}/` }, 'invalid_request'],
    ['a redirect URI that only matches as a pattern', { client_id: 'sloppy' }, 'invalid_request'],
    [
      'a redirect URI with http instead of https',
      { client_id: 'sloppy', redirect_uri: 'http://shop.example.org/back' },
      'invalid_request',
    ],
    ['a script as redirect URI', { client_id: 'sloppy', redirect_uri: 'javascript:1' }, 'invalid_request'],
    ['no code challenge', { code_challenge: '' }, 'invalid_request'],
    ['a plain code challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a code challenge that is too short', { code_challenge: 'x' }, 'invalid_request'],
    ['a response type other than code', { response_type: 'token' }, 'unsupported_response_type'],
    ['the response mode fragment', { response_mode: 'fragment' }, 'invalid_request'],
    ['no openid scope', { scope: 'email' }, 'invalid_scope'],
    ['an unknown prompt', { prompt: 'maybe' }, 'invalid_request'],
    ['prompt=none together with another prompt', { prompt: 'none login' }, 'invalid_request'],
    ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
    ['a max_age that is no number', { max_age: '1e9' }, 'invalid_request'],
    ['a max_age of more than ten years', { max_age: String(10 * 365 * 86_400 + 1) }, 'invalid_request'],
    ['a state with NUL', { state: 'a\0b' }, 'invalid_request'],
    [
      'authorization details with a lone surrogate',
      { client_id: 'asking', authorization_details: CONSENT.replace('prints', '\\ud800') },
      'invalid_authorization_details',
    ],
    [
      'authorization details with another text for a built-in scope',
      { client_id: 'asking', authorization_details: CONSENT.replace('[]', '[{"id":"email","name":"See nothing"}]') },
      'invalid_authorization_details',
    ],
    [
      'authorization details with NUL',
      { client_id: 'asking', authorization_details: CONSENT.replace('prints', '\\u0000') },
      'invalid_authorization_details',
    ],
    ['a signed request', { request: 'eyJ' }, 'request_not_supported'],
    ['the parameter request_uri', { request_uri: 'https://shop.example.org/' }, 'request_uri_not_supported'],
    [
      'authorization details from a client that may not send any',
      { authorization_details: CONSENT },
      'invalid_authorization_details',
    ],
    [
      'authorization details that are no JSON',
      { client_id: 'asking', authorization_details: '{' },
      'invalid_authorization_details',
    ],
    [
      'authorization details of an unknown type',
      { client_id: 'asking', authorization_details: '[{"type":"x"}]' },
      'invalid_authorization_details',
    ],
  ])('is refused with %s', async (_, changes, error) => {
    expect(await push(changes)).toMatchObject({ status: 400, body: { error } });
  });

  it('of the largest allowed size is shown to the user, and its code is returned with its state', async () => {
    const limits = { AUTHORIZATION_REQUEST_BYTES: '65536', AUTHORIZATION_SCOPES: '200' };
    const gateway = new OauthDevice(deployment, await deployment.openAnotherGateway(limits));
    const scopes = Array.from({ length: 200 }, (_, index) => ({ id: `scope ${index}`, name: 'See your photos' }));
    const client = { id: 'ü'.repeat(35), name: 'n'.repeat(4000) };
    const details = JSON.stringify([{ type: 'urn:gatehouse:consent', client, scopes }]);
    const state = 's'.repeat(8000);
    const changes = { client_id: 'asking', authorization_details: details, state };
    const { status, body } = await push(changes, gateway);
    expect([status, body['error_description']]).toEqual([201, undefined]);
    expect(await push({ ...changes, nonce: 'n'.repeat(3000) }, gateway)).toMatchObject({ status: 400 });
    const alice = await loggedIn('alice');
    expect(locationOf(await alice.fetch(pathOf('asking', body['request_uri'])))).toBe('/if/flow/consent/');
    const shown = (await alice.show('consent')).body;
    expect(shown['permissions']).toHaveLength(201);
    const { to } = (await alice.solve('consent', { token: shown['token'] })).body;
    expect(new URL(String(to)).searchParams.get('state')).toBe(state);
  });

  it('above AUTHORIZATION_REQUEST_BYTES is refused, and the error names the limit', async () => {
    const { status, body } = await push({ state: 's'.repeat(16 * 1024) });
    expect([status, body]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'the request has more than 16384 bytes' },
    ]);
  });

  it('works once and for its client only, and ignores parameters that the visitor adds to its address', async () => {
    const alice = await loggedIn('alice');
    const { body } = await push();
    const uri = String(body['request_uri']);
    const foreign = await alice.fetch(`${pathOf('rival', uri)}&redirect_uri=https%3A%2F%2Fevil.example%2F`);
    expect([foreign.status, locationOf(foreign)]).toEqual([404, '']);
    for (const address of [pathOf('shop', 'x'), pathOf('shop', ''), pathOf('shop', `${uri}x`), pathOf('', uri)])
      expect((await alice.fetch(address)).status).toBe(404);
    expect((await alice.fetch('/application/o/authorize/')).status).toBe(404);
    expect(returnedBy(await alice.fetch(`${pathOf('shop', uri)}&state=mine`))).not.toHaveProperty('state');
    expect((await alice.fetch(pathOf('shop', uri))).status).toBe(404);
  });

  it('returns 404 after its redirect URI was removed from the client', async () => {
    const { body } = await push({ client_id: 'rival' });
    const removed = clientEntries('rival', {
      flow: 'plain',
      attrs: { ...CLIENT, redirect_uris: 'https://rival.example.org/' },
    });
    await deployment.apply(blueprint(flowEntries('plain', [], AUTHORIZING), removed));
    expect((await (await loggedIn('alice')).fetch(pathOf('rival', body['request_uri']))).status).toBe(404);
  });

  it('is not authorized by an API token', async () => {
    const { body } = await push();
    const headers = { authorization: `Bearer ${API_KEY}` };
    const response = await deployment.browser().fetch(pathOf('shop', body['request_uri']), { headers });
    expect([response.status, locationOf(response)]).toEqual([403, '']);
  });
});

describe('an authorization code', () => {
  it('gives tokens to only one of several concurrent requests, and the others revoke the access token', async () => {
    const other = new OauthDevice(deployment, await deployment.openAnotherGateway());
    for (let round = 0; round < 12; round++) {
      const { exchange } = await newCode();
      const replies = await Promise.all([endpoints, other, endpoints, other].map((gateway) => exchange({}, gateway)));
      const winners = replies.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      expect(replies.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(3);
      for (const gateway of [endpoints, other])
        expect(await gateway.userinfo(String(winners[0]!.body['access_token']))).toMatchObject({ status: 401 });
    }
  });

  it('that is used again revokes its access token', async () => {
    const { exchange } = await newCode();
    const { access_token } = (await exchange()).body;
    expect(await endpoints.userinfo(String(access_token))).toMatchObject({ status: 200 });
    expect(await exchange()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await endpoints.userinfo(String(access_token))).toMatchObject({ status: 401 });
  });

  it.each([
    ['the id of another client', { client_id: 'asking' }, 'invalid_grant'],
    ['a wrong secret', { client_secret: 'wrong' }, 'invalid_client'],
    ['another code verifier', { code_verifier: 'w'.repeat(43) }, 'invalid_grant'],
    ['no code verifier', { code_verifier: '' }, 'invalid_request'],
    ['another redirect URI', { redirect_uri: 'https://evil.example/' }, 'invalid_grant'],
    ['no redirect URI', { redirect_uri: '' }, 'invalid_request'],
    ['a redirect URI with NUL', { redirect_uri: `${REDIRECT_URI}\0` }, 'invalid_grant'],
    ['another code', { code: 'c'.repeat(43) }, 'invalid_grant'],
    ['a code of more than 256 characters', { code: 'c'.repeat(257) }, 'invalid_grant'],
    ['the id of a public client', { client_id: 'public' }, 'unauthorized_client'],
  ])('gives no tokens with %s, and stays valid for its client', async (_, changes, error) => {
    const { exchange } = await newCode();
    expect(await exchange(changes)).toMatchObject({ status: 400, body: { error } });
    expect(await exchange()).toMatchObject({ status: 200, body: { id_token: expect.any(String) } });
  });

  it('gives no tokens after its user was disabled', async () => {
    const { exchange } = await newCode();
    await deployment.user(['lock', 'alice']);
    expect(await exchange()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    await deployment.user(['unlock', 'alice']);
  });

  it('gives no tokens after its user has revoked the consent', async () => {
    const browser = await loggedIn('bob');
    const { body } = await push({ client_id: 'asking' });
    await browser.fetch(pathOf('asking', body['request_uri']));
    const { token } = (await browser.show('consent')).body;
    const address = new URL(String((await browser.solve('consent', { token })).body['to']));
    const { results } = (await browser.fetch('/api/v3/core/user_consent/')).body;
    const [grant] = results as { pk: number }[];
    expect((await browser.fetch(`/api/v3/core/user_consent/${grant!.pk}/`, { method: 'DELETE' })).status).toBe(204);
    const form = { grant_type: 'authorization_code', client_id: 'asking', client_secret: SECRET };
    const code = address.searchParams.get('code')!;
    expect(
      await endpoints.post('token', { ...form, code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER }),
    ).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('that is returned with another issuer is refused by the client (mix-up attack)', async () => {
    const request = await shop.push();
    const address = new URL(locationOf(await (await loggedIn('alice')).fetch(request.path)));
    expect(address.searchParams.get('iss')).toBe(`${deployment.url}/application/o/shop/`);
    address.searchParams.set('iss', `${deployment.url}/application/o/rival/`);
    await expect(shop.exchange(address.href, request)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('iss') },
    });
  });

  it('is not issued if another user logs in to the session before the consent is given', async () => {
    const asking = await discover('asking');
    const browser = await loggedIn('alice');
    const request = await asking.push();
    expect(locationOf(await browser.fetch(request.path))).toBe('/if/flow/consent/');
    const { body } = await browser.show('consent');
    await logIn(browser, 'bob');
    expect((await browser.solve('consent', { token: body['token'] })).text).not.toContain('shop.example.org');
    expect((await browser.show('consent')).text).not.toContain('shop.example.org');
  });
});

it('the authorization endpoint forbids caching, and framing by other sites (clickjacking)', async () => {
  const { body } = await push();
  const { headers } = await deployment.browser().fetch(pathOf('shop', body['request_uri']));
  expect(Object.fromEntries(headers)).toMatchObject({
    ...{ 'x-frame-options': 'SAMEORIGIN', 'cache-control': 'no-store', 'referrer-policy': 'same-origin' },
    'content-security-policy': expect.stringContaining("frame-ancestors 'self'"),
  });
});

it('no client secret, code, code verifier or token is logged during a code exchange', async () => {
  const { code, exchange } = await newCode();
  const { body } = await exchange();
  const output = deployment.output('gateway') + deployment.output('consent');
  const secrets = [SECRET, code, VERIFIER, String(body['access_token']), String(body['id_token'])];
  expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
});
