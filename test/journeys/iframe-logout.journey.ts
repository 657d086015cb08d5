import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { linkingSite } from '../support/navigation.js';
import {
  locationOf,
  OauthApplication,
  SHOP_CLIENT,
  SHOP_REDIRECT_URI,
  SHOP_SECRET,
} from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';

const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const INVALIDATING = { designation: 'invalidation', authentication: 'require_authenticated' };

/** The logout pages of applications, which record the requests that they get. Those of `hangs` never answer. */
async function logoutPages() {
  const opened: URL[] = [];
  const waiting: { resolve: () => void; count: number }[] = [];
  const server = createServer(({ url = '', headers: { host } }, response) => {
    const address = new URL(url, `http://${host}`);
    opened.push(address);
    for (const { resolve, count } of waiting) if (opened.length >= count) resolve();
    if (!address.pathname.startsWith('/hangs')) response.end('<!doctype html><title>Bye</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    opened,
    /** Waits until the pages have got this number of requests. */
    requests: (count: number) =>
      new Promise<void>((resolve) => (opened.length >= count ? resolve() : waiting.push({ resolve, count }))),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

let pages: Awaited<ReturnType<typeof logoutPages>>;
let deployment: Deployment;
let applications: Record<'shop' | 'wiki' | 'slow' | 'plain', OauthApplication>;
beforeAll(async () => {
  pages = await logoutPages();
  const client = (path: string) => ({
    ...{ ...SHOP_CLIENT, invalidation_flow: keyOf('leave') },
    ...{ logout_uri: `${pages.origin}/${path}`, logout_method: 'frontchannel' },
  });
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('a-logout', [LOGOUT], INVALIDATING),
        flowEntries('leave', [], INVALIDATING),
        flowEntries('plain', [], AUTHORIZING),
        clientEntries('shop', { flow: 'plain', attrs: client('shop?tenant=1') }),
        clientEntries('wiki', { flow: 'plain', attrs: client('wiki') }),
        clientEntries('slow', { flow: 'plain', attrs: client('hangs') }),
        clientEntries('plain', { flow: 'plain', attrs: SHOP_CLIENT }),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
  });
  const found = ['shop', 'wiki', 'slow', 'plain'].map(async (name) => [
    name,
    await OauthApplication.discover(deployment, { name, secret: SHOP_SECRET, redirectUri: SHOP_REDIRECT_URI }),
  ]);
  applications = Object.fromEntries(await Promise.all(found)) as typeof applications;
});
afterAll(async () => {
  await deployment?.close();
  await pages?.close();
});
beforeEach(() => void pages.opened.splice(0));

/** Logs alice in and signs her in to applications. Returns her browser, and `sid` of each ID token. */
async function signedIn(...names: (keyof typeof applications)[]) {
  const browser = deployment.browser();
  await browser.show('login');
  await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password: 'correct-horse-7' });
  const sids: unknown[] = [];
  for (const name of names) {
    const { id_token = '' } = await applications[name].signIn(browser);
    sids.push(decodeJwt(id_token)['sid']);
  }
  return { browser, sids };
}

/** Returns the entry of a challenge for an application. */
const logoutOf = (name: string, path: string, sid: unknown) => {
  const url = new URL(path, pages.origin);
  url.searchParams.append('iss', new URL(`/application/o/${name}/`, deployment.url).href);
  url.searchParams.append('sid', String(sid));
  return {
    ...{ url: url.href, provider_name: `The ${name}`, binding: 'redirect' },
    ...{ saml_request: null, saml_response: null, saml_relay_state: null },
  };
};

describe('a logout with applications that have a logout_uri', () => {
  it('lists their logout URLs with issuer and session, and ends the session before the visitor answers', async () => {
    const { browser, sids } = await signedIn('shop', 'plain', 'wiki');
    const { body } = await browser.show('a-logout');
    expect(body).toEqual({
      component: 'ak-provider-iframe-logout',
      flow_info: expect.any(Object),
      logout_urls: [logoutOf('wiki', '/wiki', sids[2]), logoutOf('shop', '/shop?tenant=1', sids[0])],
    });
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
    expect((await browser.show('a-logout')).body).toEqual(body);
    expect((await browser.solve('a-logout', { component: 'ak-provider-iframe-logout' })).body).toMatchObject({
      ...{ component: 'xak-flow-redirect', to: '/', final_redirect: true },
    });
    expect(await deployment.rows('SELECT FROM flow.signed_in_applications')).toEqual([]);
  });

  it('has no iframe step if the session has signed in to no such application', async () => {
    const { browser } = await signedIn('plain');
    expect((await browser.show('a-logout')).body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
  });

  it('from one application lists only that application, and leaves the visitor logged in', async () => {
    const { browser, sids } = await signedIn('shop', 'wiki');
    expect(locationOf(await browser.fetch('/application/o/shop/end-session/'))).toBe('/if/flow/leave/');
    const { body } = await browser.show('leave');
    expect(body['logout_urls']).toEqual([logoutOf('shop', '/shop?tenant=1', sids[0])]);
    const end = await browser.solve('leave', { component: 'ak-provider-iframe-logout' });
    expect(end.body).toMatchObject({ component: 'ak-stage-session-end', application_name: 'The shop' });
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(200);
  });

  it('from an application to which the session has not signed in has no iframe step', async () => {
    const { browser } = await signedIn('wiki');
    await browser.fetch('/application/o/shop/end-session/');
    expect((await browser.show('leave')).body).toMatchObject({ component: 'ak-stage-session-end' });
  });

  it('that another site has opened asks for confirmation, and reveals no logout URL', async () => {
    const { browser } = await signedIn('shop');
    const other = { headers: { 'sec-fetch-site': 'cross-site' } };
    for (const address of ['/if/flow/a-logout/', '/application/o/shop/end-session/']) {
      const slug = address.split('/')[3] === 'shop' ? 'leave' : 'a-logout';
      await browser.fetch(address, other);
      const { body } = await browser.show(slug);
      expect(body['component']).toBe('ak-stage-consent');
      expect(JSON.stringify(body)).not.toContain('sid=');
    }
    expect(pages.opened).toEqual([]);
  });
});

describe('the metadata of an application', () => {
  it('say that front-channel logout is supported, with the session id', () => {
    expect(applications.shop.config.serverMetadata()).toMatchObject({
      ...{ frontchannel_logout_supported: true, frontchannel_logout_session_supported: true },
    });
  });
});

describeInChromium('the page of a logout', () => {
  const chromium = useChromium();
  let other: Awaited<ReturnType<typeof linkingSite>>;
  beforeAll(async () => {
    other = await linkingSite([`${deployment.url}/application/o/shop/end-session/`]);
  });
  afterAll(() => other?.close());

  /** Opens a page with the session of a user who has signed in to applications. */
  async function openPage(names: (keyof typeof applications)[], options: BrowserContextOptions = {}) {
    const { browser, sids } = await signedIn(...names);
    const opened = await chromium.open(options);
    await opened.page.context().addCookies([
      { name: 'authentik_session', value: browser.cookie()!, url: deployment.url, httpOnly: true, sameSite: 'Lax' },
      { name: 'authentik_csrf', value: browser.cookie('authentik_csrf')!, url: deployment.url, sameSite: 'Lax' },
    ]);
    return { ...opened, sids };
  }
  const logout = () => `${deployment.url}/if/flow/a-logout/`;
  const leaves = (page: Page) => page.waitForURL(({ pathname }) => pathname !== '/if/flow/a-logout/');

  it('opens the logout page of each application, allows frames of their origins only, and continues', async () => {
    const { page, complaints, sids } = await openPage(['shop', 'wiki']);
    const response = await page.goto(logout());
    const policy = response?.headers()['content-security-policy'];
    expect(policy).toContain(`; frame-src ${pages.origin};`);
    await Promise.all([pages.requests(2), leaves(page)]);
    const expected = [logoutOf('shop', '/shop?tenant=1', sids[0]), logoutOf('wiki', '/wiki', sids[1])];
    expect(pages.opened.map(({ href }) => href).toSorted()).toEqual(expected.map(({ url }) => url).toSorted());
    expect(complaints).toEqual([]);
  });

  it('continues without an application whose logout page does not answer within 5 seconds', async () => {
    const { page } = await openPage(['shop', 'slow']);
    await page.clock.install();
    await page.goto(logout());
    await pages.requests(2);
    const left = leaves(page);
    await page.clock.fastForward(5000);
    await left;
    expect(pages.opened.map(({ pathname }) => pathname).toSorted()).toEqual(['/hangs', '/shop']);
  });

  it('opens the frames without JavaScript, and the visitor continues by a button', async () => {
    const { page } = await openPage(['shop'], { javaScriptEnabled: false });
    await page.goto(logout());
    await pages.requests(1);
    await page.getByText('You are being logged out of your applications…').waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    await leaves(page);
    expect(pages.opened).toHaveLength(1);
  });

  it('that another site has opened opens no frame before the visitor confirms', async () => {
    const { page } = await openPage(['shop']);
    await page.goto(other.url);
    await page.getByText('end-session').click();
    await page.getByText('Another website sent you here. Continue only if you want to.').waitFor();
    expect(pages.opened).toEqual([]);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('You have left the application, and are still logged in here.').waitFor();
    expect(pages.opened.map(({ pathname }) => pathname)).toEqual(['/shop']);
  });
});
