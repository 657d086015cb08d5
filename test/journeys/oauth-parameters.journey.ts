import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import {
  authorizePath,
  locationOf,
  pushRequest,
  SHOP_CLIENT,
  SHOP_REDIRECT_URI,
  SHOP_SECRET,
} from '../support/oauth-application.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';

const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const ENDPOINTS = ['par', 'token', 'device', 'userinfo'];
const SHOP = { client_id: 'shop', client_secret: SHOP_SECRET };

let deployment: Deployment;
let endpoints: OauthDevice;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        flowEntries('plain', [], AUTHORIZING),
        ...['shop', 'rival'].map((name) => clientEntries(name, { flow: 'plain', attrs: SHOP_CLIENT })),
      ),
    ],
    services: ['consent'],
  });
  endpoints = new OauthDevice(deployment);
});
afterAll(() => deployment?.close());

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const refused = (error_description: string) => ({
  status: 400,
  body: { error: 'invalid_request', error_description },
});

describe('a form for an OAuth endpoint', () => {
  it.each(ENDPOINTS)('with a repeated parameter is refused at %s (RFC 6749 §3.1)', async (endpoint) => {
    for (const name of ['scope', 'client_id', '__proto__']) {
      const form = new URLSearchParams({ ...SHOP, grant_type: 'authorization_code', code: 'c' });
      for (const value of ['openid', 'openid']) form.append(name, value);
      expect(await endpoints.post(endpoint, form)).toMatchObject(refused(`${name} must not be repeated`));
    }
  });

  it('may repeat the parameter resource, which is ignored (RFC 8707 §2)', async () => {
    const form = new URLSearchParams(SHOP);
    for (const resource of ['https://a.example', 'https://b.example']) form.append('resource', resource);
    expect(await endpoints.post('device', form)).toMatchObject({ status: 200 });
  });

  it.each(ENDPOINTS)('is required at %s: JSON is refused', async (endpoint) => {
    const response = await fetch(`${deployment.url}/application/o/${endpoint}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...SHOP, max_age: 0 }),
    });
    expect({ status: response.status, body: await response.json() }).toEqual(
      refused('the body must be a form (application/x-www-form-urlencoded)'),
    );
  });

  it('with 30,000 parameters is answered within 2 seconds', async () => {
    const names = Array.from({ length: 30_000 }, (_, index) => `${index.toString(36)}=`);
    const startedAt = performance.now();
    expect(await endpoints.post('par', new URLSearchParams(names.join('&')))).toMatchObject({ status: 400 });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

describe('a client', () => {
  it.each(['par', 'token', 'device'])(
    'that authenticates in two ways is refused at %s (RFC 6749 §2.3)',
    async (path) => {
      const form = { ...SHOP, grant_type: 'authorization_code', code: 'c' };
      const description = 'the client secret must be in the header or in the body, not in both';
      expect(await endpoints.post(path, form, basic('shop', SHOP_SECRET))).toMatchObject(refused(description));
      const { client_secret: _, ...named } = form;
      expect(await endpoints.post(path, named, basic('rival', SHOP_SECRET))).toMatchObject(
        refused('client_id must be the client in the header Authorization'),
      );
    },
  );

  it('may send its client_id in the body besides the header', async () => {
    const form = { client_secret: '', client_id: 'shop' };
    const { status } = await pushRequest(endpoints, form, basic('shop', SHOP_SECRET));
    expect(status).toBe(201);
  });

  it('cannot send tokens both in the body and in the header of a request to userinfo', async () => {
    const { status, headers } = await endpoints.post('userinfo', { access_token: 't' }, { authorization: 'Bearer u' });
    expect([status, headers.get('www-authenticate')]).toEqual([400, 'Bearer error="invalid_request"']);
  });

  it.each<Record<string, string>>([{}, basic('shop', SHOP_SECRET)])(
    'gets 401 without an error code for a request to userinfo without a token: %j',
    async (sent) => {
      const { status, headers } = await fetch(`${deployment.url}/application/o/userinfo/`, { headers: sent });
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    },
  );
});

describe('an address with a repeated parameter', () => {
  it('of the authorization endpoint is refused without a redirect', async () => {
    const { body } = await pushRequest(endpoints);
    const path = authorizePath('shop', body['request_uri']);
    const browser = deployment.browser();
    for (const extra of ['&client_id=shop', `&request_uri=${encodeURIComponent(String(body['request_uri']))}`]) {
      const response = await browser.fetch(path + extra);
      expect([response.status, locationOf(response), response.body]).toEqual([
        ...[400, '', expect.objectContaining({ code: 'parameter_repeated' })],
      ]);
    }
    expect((await browser.fetch(path)).status).toBe(302);
  });

  it('of a logout is refused without a redirect', async () => {
    const query = new URLSearchParams({ post_logout_redirect_uri: SHOP_REDIRECT_URI, state: 's' });
    const path = `/application/o/shop/end-session/?${query.toString()}`;
    const browser = deployment.browser();
    for (const name of query.keys()) {
      const response = await browser.fetch(`${path}&${name}=${encodeURIComponent(query.get(name)!)}`);
      expect([response.status, locationOf(response)]).toEqual([400, '']);
    }
    expect(locationOf(await browser.fetch(path))).toBe(`${SHOP_REDIRECT_URI}?state=s`);
  });
});
