import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { locationOf, SHOP_CLIENT, SHOP_REDIRECT_URI } from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';

const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const INVALIDATING = { designation: 'invalidation', authentication: 'require_authenticated' };

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('a-logout', [LOGOUT], INVALIDATING),
        flowEntries('leave-shop', [], { ...INVALIDATING, title: 'You have left %(app)s.' }),
        flowEntries('plain', [], AUTHORIZING),
        clientEntries('shop', { flow: 'plain', attrs: { ...SHOP_CLIENT, invalidation_flow: keyOf('leave-shop') } }),
        clientEntries('rival', { flow: 'plain', attrs: SHOP_CLIENT }),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
  });
});
afterAll(() => deployment?.close());

async function loggedIn() {
  const browser = deployment.browser();
  await browser.show('login');
  await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
const meOf = async (browser: Awaited<ReturnType<typeof loggedIn>>) =>
  (await browser.fetch('/api/v3/core/users/me/')).status;

describe('the logout of an application', () => {
  it('runs the invalidation flow of the provider, and shows the visitor where to go next', async () => {
    const alice = await loggedIn();
    expect(locationOf(await alice.fetch('/application/o/shop/end-session/'))).toBe('/if/flow/leave-shop/');
    const { body } = await alice.show('leave-shop');
    expect(body).toMatchObject({
      ...{ component: 'ak-stage-session-end', pending_user: 'alice', brand_name: expect.any(String) },
      ...{ application_name: 'The shop', application_launch_url: new URL('/', SHOP_REDIRECT_URI).href },
      ...{ invalidation_flow_url: '/if/flow/a-logout/', flow_info: { title: 'You have left The shop.' } },
    });
    expect(new URL(String(body['overview_url'])).pathname).toBe('/');
    expect(await meOf(alice)).toBe(200);
  });

  it('redirects to post_logout_redirect_uri once the flow has ended', async () => {
    const alice = await loggedIn();
    const query = new URLSearchParams({ post_logout_redirect_uri: SHOP_REDIRECT_URI, state: 'x' }).toString();
    expect(locationOf(await alice.fetch(`/application/o/shop/end-session/?${query}`))).toBe('/if/flow/leave-shop/');
    const end = { component: 'xak-flow-redirect', to: `${SHOP_REDIRECT_URI}?state=x`, final_redirect: true };
    expect((await alice.show('leave-shop')).body).toEqual(end);
  });

  it('runs the flow of the brand if the provider has none, and redirects the logged-out visitor to /', async () => {
    const alice = await loggedIn();
    expect(locationOf(await alice.fetch('/application/o/rival/end-session/'))).toBe('/if/flow/a-logout/');
    expect((await alice.show('a-logout')).body).toEqual({
      component: 'xak-flow-redirect',
      to: '/',
      final_redirect: true,
    });
    expect(await meOf(alice)).toBe(403);
  });

  it('is refused for an unregistered post_logout_redirect_uri', async () => {
    const alice = await loggedIn();
    const query = new URLSearchParams({ post_logout_redirect_uri: 'https://evil.example/' }).toString();
    expect((await alice.fetch(`/application/o/shop/end-session/?${query}`)).status).toBe(404);
  });
});
