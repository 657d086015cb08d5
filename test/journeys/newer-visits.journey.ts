import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { post } from '../support/forms.js';
import { authorizePath, pushRequest, SHOP_CLIENT } from '../support/oauth-application.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';

const MEMBERS = { authentication: 'require_authenticated' };

const SEA = 'https://sea.example.org/';

/** Requests for the pages that flows have as their background. */
const framed: IncomingMessage[] = [];
const sea = createServer((request, response) => {
  framed.push(request);
  response.setHeader('content-type', 'text/html');
  response.end('<p>The sea</p><input autofocus><script>document.body.textContent = "scripted"</script>');
});

let deployment: Deployment;
beforeAll(async () => {
  await new Promise<void>((resolve) => sea.listen(0, '127.0.0.1', resolve));
  const background = `http://127.0.0.1:${(sea.address() as AddressInfo).port}/%(theme)s/`;
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'password', 'session', 'consent'],
    blueprints: [
      blueprint(
        userEntry('alice', { attributes: { settings: { locale: 'fr' } } }),
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        ...['left', 'right'].map((side) =>
          flowEntries(side, [IDENTIFICATION, PASSWORD], { layout: `sidebar_${side}_frame_background`, background }),
        ),
        flowEntries('sea', [IDENTIFICATION], { background: `${SEA}%(theme)s.svg` }),
        flowEntries('bye', [DUMMY], { designation: 'invalidation' }),
        flowEntries('code', [], { designation: 'stage_configuration', ...MEMBERS }),
        flowEntries('authorize', [DUMMY], { designation: 'authorization', ...MEMBERS }),
        clientEntries('shop', { flow: 'authorize', attrs: SHOP_CLIENT }),
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: { default: true, flow_authentication: keyOf('login'), flow_device_code: keyOf('code') },
        },
      ),
    ],
  });
});
afterAll(async () => {
  await deployment?.close();
  sea.close();
  sea.closeAllConnections();
});

async function loggedIn(name: string, languages?: string): Promise<Browser> {
  const browser = deployment.browser(languages);
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

describe('the inspector of 2026.8', () => {
  const leadsTo = async (browser: Browser, path: string) => (await browser.fetch(path)).headers.get('location');

  it('is offered by the redirects of an application and of a device to users who may inspect flows', async () => {
    for (const [name, mark] of [
      ['root', 'inspector=available'],
      ['alice', ''],
    ] as const) {
      const browser = await loggedIn(name);
      const { body } = await pushRequest(new OauthDevice(deployment), { ui_locales: 'de' });
      const page = await leadsTo(browser, authorizePath('shop', body['request_uri']));
      expect(page).toBe(`/if/flow/authorize/?ui_locales=de${mark && `&${mark}`}`);
      expect(await leadsTo(browser, '/device')).toBe(`/if/flow/code/${mark && `?${mark}`}`);
      expect(await leadsTo(browser, '/application/o/shop/end-session/')).toBe(`/if/flow/bye/${mark && `?${mark}`}`);
    }
  });

  it('returns 403 to anonymous visitors, and 404 to users who may not inspect flows', async () => {
    const inspect = async (browser: Browser) => (await browser.fetch('/api/v3/flows/inspector/login/')).status;
    const anonymous = deployment.browser();
    await anonymous.show('login');
    expect(await inspect(anonymous)).toBe(403);
    expect(await inspect(await loggedIn('alice'))).toBe(404);
  });
});

describe('the parameter locale', () => {
  const german = { primary_action: 'Anmelden' };
  const executor = '/api/v3/flows/executor/login/?query=';

  it('sets the language of a challenge or a page, for that request only', async () => {
    const browser = deployment.browser('es');
    expect((await browser.fetch(`${executor}&locale=de`)).body).toMatchObject(german);
    expect((await browser.show('login', 'locale=de-AT')).body).toMatchObject(german);
    expect((await browser.fetch('/if/flow/login/?locale=de')).text).toContain('<html lang="de"');
    for (const locale of ['tlh', '', 'de&locale=es', `de${'-x'.repeat(300)}`])
      expect((await browser.fetch(`${executor}&locale=${locale}`)).body).toMatchObject({
        primary_action: 'Iniciar sesión',
      });
  });

  it('does not override the setting of the user, and a choice in the language menu removes it from the address', async () => {
    const user = await loggedIn('alice');
    expect((await user.show('login', 'locale=de')).body).toMatchObject({ primary_action: 'Se connecter' });

    const browser = deployment.browser();
    const address = '/if/flow/login/?locale=de&next=%2Fif%2Fuser%2F';
    const back = await post(browser, `/if/language/?next=${encodeURIComponent(address)}`, { locale: 'es' });
    expect(back.headers.get('location')).toBe('/if/flow/login/?next=%2Fif%2Fuser%2F');
    expect((await browser.fetch(`${executor}&locale=de`)).body).toMatchObject(german);
  });
});

describeInChromium('a page with a frame layout', () => {
  const chromium = useChromium();
  const shown = 'iframe.backdrop:visible';

  it.each(['left', 'right'])(
    'shows the page of the background, without its script, beside a card on the %s',
    async (side) => {
      framed.length = 0;
      const { page, complaints } = await chromium.open({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
      await page.goto(`${deployment.url}/if/flow/${side}/`);
      await page.frameLocator(shown).getByText('The sea').waitFor();
      await page.getByLabel('Username or email').fill('alice');
      await page.keyboard.press('Enter');
      await page.getByLabel('Password', { exact: true }).waitFor();

      const [card, frame] = [await page.locator('.card').boundingBox(), await page.locator(shown).boundingBox()];
      expect(card).toMatchObject({ x: side === 'left' ? 0 : 784, width: 496 });
      expect(frame).toEqual({ x: side === 'left' ? 496 : 0, y: 0, width: 784, height: 800 });
      expect(framed.map(({ url, headers }) => [url, headers.referer])).toEqual([['/dark/', undefined]]);
      expect(complaints.map((text) => text.split(' ')[0])).toEqual(['Blocked', 'Blocked']);
    },
  );

  it('does not load the background on a phone, and never gives it the focus', async () => {
    framed.length = 0;
    const { page } = await chromium.open({ viewport: { width: 390, height: 844 } });
    await page.goto(`${deployment.url}/if/flow/left/`, { waitUntil: 'networkidle' });
    expect(framed).toEqual([]);

    await page.setViewportSize({ width: 1280, height: 800 });
    await page.frameLocator(shown).locator('input').waitFor();
    await page.mouse.click(900, 30);
    for (let press = 0; press < 12; press++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('IFRAME');
    }
  });
});

describeInChromium('a page with a picture for each theme', () => {
  const chromium = useChromium();

  it.each(['light', 'dark'] as const)('loads the picture of the %s theme', async (colorScheme) => {
    const { page, complaints } = await chromium.open({ viewport: { width: 1280, height: 800 }, colorScheme });
    const loaded: string[] = [];
    await page.route(`${SEA}**`, (route) => {
      loaded.push(route.request().url());
      return route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
    });
    await page.goto(`${deployment.url}/if/flow/sea/`, { waitUntil: 'networkidle' });

    expect(loaded).toEqual([`${SEA}${colorScheme}.svg`]);
    expect(complaints).toEqual([]);
  });
});
