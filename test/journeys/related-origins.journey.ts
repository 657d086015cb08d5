import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  brandEntry,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy.js';
import { VirtualAuthenticator } from '../support/virtual-authenticator.js';

/** The host of BASE_URL, a host whose origin its brand names, and a host whose own brand names its origin. */
const [SITE, SHOP, OTHER] = ['id.example.org', 'shop.example.net', 'other.example.com'];
const sharing = (...hosts: string[]) => ({
  attributes: { gatehouse: { passkey_origins: hosts.map((host) => `https://${host}`) } },
});
const RULES = {
  model: 'authentik_stages_authenticator_validate.authenticatorvalidatestage',
  id: 'passkey rules',
  identifiers: { name: 'passkey rules' },
  attrs: { device_classes: ['webauthn'] },
};

let deployment: Deployment;
let proxy: TlsProxy;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: [...SERVICES, 'mfa'],
    gateway: { BASE_URL: `https://${SITE}`, TRUSTED_PROXIES: '127.0.0.1' },
    blueprints: [
      blueprint(
        userEntry('alice'),
        RULES,
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('passkey-login', [
          { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, webauthn_stage: keyOf('passkey rules') } },
          LOGIN,
        ]),
        flowEntries(
          'keys',
          [
            {
              stage: 'authenticator_webauthn.authenticatorwebauthnstage',
              attrs: { resident_key_requirement: 'required' },
            },
          ],
          { designation: 'stage_configuration', authentication: 'require_authenticated' },
        ),
        brandEntry(SITE, sharing(SHOP)),
        brandEntry(OTHER, sharing(OTHER)),
      ),
    ],
  });
  proxy = await startTlsProxy([SITE, SHOP, OTHER], deployment.url);
});
afterAll(async () => {
  await proxy?.stop();
  await deployment?.close();
});

const listAt = (host: string) =>
  deployment.browser().fetch('/.well-known/webauthn', { headers: { 'x-forwarded-host': host } });

describe('/.well-known/webauthn', () => {
  it('lists the origins that the brand of BASE_URL’s host names, for any visitor and for some minutes', async () => {
    const { status, headers, body, setCookies } = await listAt(SITE);
    expect([status, body, setCookies]).toEqual([200, { origins: [`https://${SHOP}`] }, []]);
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });

  it.each([SHOP, OTHER, `evil.${SITE}`])('returns 404 at another host, which no cache may store: %s', async (host) => {
    const { status, headers, body } = await listAt(host);
    expect(headers.get('cache-control')).toBe('no-store');
    expect([status, body]).toMatchObject([404, { detail: `Only ${SITE} answers here, the host of BASE_URL.` }]);
  });
});

describeInChromium('passkeys of several sites, in Chromium', () => {
  const chromium = useChromium(() => Object.fromEntries([SITE, SHOP, OTHER].map((host) => [host, proxy.address])));

  it('are created at a related origin, and log in there and at the site itself', async () => {
    const { page, complaints } = await chromium.open();
    const authenticator = await VirtualAuthenticator.of(page);
    await page.goto(`https://${SHOP}/if/flow/login/?next=/if/flow/keys/`);
    await page.fill('input[name=uid_field]', 'alice');
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
    await page.waitForURL(`https://${SHOP}/if/user/`);
    expect(await authenticator.credentials()).toMatchObject([{ rpId: SITE }]);

    for (const host of [SITE, SHOP]) {
      await page.context().clearCookies();
      await page.goto(`https://${host}/if/flow/passkey-login/?next=/if/user/`);
      await page.getByText('You are signed in as alice.').waitFor();
      expect(new URL(page.url()).host).toBe(host);
    }
    expect(complaints).toEqual([]);
  });

  it('do not log in at an origin that only another brand names', async () => {
    const { page } = await chromium.open();
    await page.goto(`https://${OTHER}/if/flow/passkey-login/`);
    const refusal = page.evaluate((rpId) => {
      const publicKey = { rpId, challenge: new Uint8Array(32) };
      return navigator.credentials.get({ publicKey }).catch(({ name }: Error) => name);
    }, SITE);
    expect(await refusal).toBe('SecurityError');
  });
});

it('/.well-known/webauthn returns 404 as soon as the brand of the site names no origin any more', async () => {
  await deployment.apply(blueprint(brandEntry(SITE, { attributes: {} })));
  const { status, headers } = await listAt(SITE);
  expect([status, headers.get('cache-control')]).toEqual([404, 'no-store']);
});
