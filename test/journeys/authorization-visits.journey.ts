import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import {
  locationOf,
  OauthApplication,
  returnedBy,
  SHOP_CLIENT,
  SHOP_REDIRECT_URI,
  SHOP_SECRET,
} from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';

const QUESTION = { stage: 'consent.consentstage', attrs: { mode: 'always_require' } };
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };

let deployment: Deployment;
let shop: OauthApplication;
let asking: OauthApplication;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('plain', [], AUTHORIZING),
        flowEntries('questions', [QUESTION, QUESTION], AUTHORIZING),
        clientEntries('shop', { flow: 'plain', attrs: { ...SHOP_CLIENT, authentication_flow: keyOf('login') } }),
        flowEntries('empty', []),
        clientEntries('open', { flow: 'plain', attrs: { ...SHOP_CLIENT, authentication_flow: keyOf('empty') } }),
        clientEntries('asking', { flow: 'questions', attrs: SHOP_CLIENT }),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
    alone: ['consent'],
  });
  [shop, asking] = (await Promise.all(['shop', 'asking'].map(discover))) as [OauthApplication, OauthApplication];
});
afterAll(() => deployment?.close());

const discover = (name: string) =>
  OauthApplication.discover(deployment, { name, secret: SHOP_SECRET, redirectUri: SHOP_REDIRECT_URI });

async function loggedIn(): Promise<Browser> {
  const browser = deployment.browser();
  await browser.show('login');
  await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

/** Gives the consent that the flow `questions` asks for. Returns the next challenge. */
async function agree(browser: Browser) {
  const { token } = (await browser.show('questions')).body;
  return (await browser.solve('questions', { token })).body;
}

describe('the address of a pushed request', () => {
  it.each([{ 'sec-purpose': 'prefetch' }, { 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }])(
    'is not used up by a prefetch: %j',
    async (headers: Record<string, string>) => {
      const alice = await loggedIn();
      for (const parameters of [{}, { prompt: 'none' }] as Record<string, string>[]) {
        const request = await shop.push(parameters);
        for (const browser of [alice, deployment.browser()]) {
          const prefetched = await browser.fetch(request.path, { headers });
          expect([prefetched.status, prefetched.headers.get('cache-control'), prefetched.text]).toEqual([
            ...[503, 'no-store', ''],
          ]);
        }
        const tokens = await shop.exchange(locationOf(await alice.fetch(request.path)), request);
        expect(tokens.claims()).toMatchObject({ amr: ['pwd'] });
      }
    },
  );

  it('is not used up by a program without a login, such as a link scanner', async () => {
    const request = await shop.push();
    for (const method of ['HEAD', 'GET', 'GET']) await deployment.browser().fetch(request.path, { method });
    const tokens = await shop.exchange(locationOf(await (await loggedIn()).fetch(request.path)), request);
    expect(tokens.claims()).toMatchObject({ amr: ['pwd'] });
  });

  it.each([[{}], [{ 'sec-fetch-site': 'none' }], [{ 'sec-fetch-site': 'cross-site' }]])(
    'can be reloaded while its flow runs, and a given consent is not asked for again: %j',
    async (headers) => {
      const alice = await loggedIn();
      const request = await asking.push();
      await alice.fetch(request.path, { headers });
      expect(await agree(alice)).toMatchObject({ component: 'ak-stage-consent' });
      expect(locationOf(await alice.fetch(request.path, { headers }))).toBe('/if/flow/questions/');
      const { to } = await agree(alice);
      expect((await asking.exchange(String(to), request)).claims()).toMatchObject({ amr: ['pwd'] });
    },
  );

  it('starts its flow from the beginning after another request of the same application', async () => {
    const alice = await loggedIn();
    await alice.fetch((await asking.push()).path);
    await agree(alice);
    const request = await asking.push();
    await alice.fetch(request.path);
    expect(await agree(alice)).toMatchObject({ component: 'ak-stage-consent' });
    const { to } = await agree(alice);
    expect((await asking.exchange(String(to), request)).claims()).toMatchObject({ amr: ['pwd'] });
  });

  it('redirects to the client with login_required, once, if the login flow logs nobody in', async () => {
    const open = await discover('open');
    for (const parameters of [{}, { prompt: 'login' }] as Record<string, string>[]) {
      const request = await open.push(parameters);
      const visitor = deployment.browser();
      const toLogin = new URL(locationOf(await visitor.fetch(request.path)), deployment.url);
      expect(toLogin.pathname).toBe('/if/flow/empty/');
      const back = String((await visitor.show('empty', toLogin.search.slice(1))).body['to']);
      expect(returnedBy(await visitor.fetch(back))).toMatchObject({
        ...{ error: 'login_required', state: request.checks.expectedState },
      });
      expect((await visitor.fetch(back)).status).toBe(404);
    }
  });

  it('returns access_denied to the client after “No, cancel”, and 503 while the consent service is down', async () => {
    const alice = await loggedIn();
    const request = await asking.push();
    await alice.fetch(request.path);
    const { cancel_url } = (await alice.show('questions')).body['flow_info'] as { cancel_url: string };
    const cancel = () => alice.fetch(`${cancel_url}?stay=1`);
    await deployment.stop('consent');
    for (const _ of [1, 2]) {
      const away = await cancel();
      expect([away.status, locationOf(away), away.headers.get('retry-after')]).toEqual([503, '', '1']);
    }
    await deployment.start('consent');
    expect(returnedBy(await cancel())).toMatchObject({
      ...{ error: 'access_denied', state: request.checks.expectedState },
    });
    expect((await alice.fetch(request.path)).status).toBe(404);
  });
});

describeInChromium('a login for an application in a browser', () => {
  const chromium = useChromium();

  it.each([true, false])('redirects to the application, with JavaScript: %s', async (javaScriptEnabled) => {
    const { page, complaints } = await chromium.open({ javaScriptEnabled });
    const request = await shop.push();
    await page.goto(deployment.url + request.path);
    await page.getByLabel('Username').fill('alice');
    await page.keyboard.press('Enter');
    await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    const back = page.waitForRequest((sent) => sent.url().startsWith(SHOP_REDIRECT_URI));
    await page.keyboard.press('Enter');
    // Without JavaScript the page shows a link, because the CSP forbids a form that redirects to another site.
    if (!javaScriptEnabled) await page.getByRole('link', { name: 'Continue' }).click();

    expect(new URL((await back).url()).searchParams.get('state')).toBe(request.checks.expectedState);
    expect(complaints).toEqual([]);
  });
});
