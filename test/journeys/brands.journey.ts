import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { ConfigFromJSON, CurrentBrandFromJSON } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, keyOf, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const brandEntry = (domain: string, attrs: Readonly<Record<string, unknown>>) => ({
  model: 'authentik_brands.brand',
  identifiers: { domain },
  attrs,
});

const SHOP = {
  branding_title: 'The Shop',
  branding_logo: '/media/shop-%(theme)s.svg',
  branding_favicon: 'https://cdn.example/shop.png',
  flow_authentication: keyOf('shop-login'),
  flow_invalidation: keyOf('shop-goodbye'),
  flow_recovery: keyOf('shop-lost'),
  flow_device_code: keyOf('shop-goodbye'),
  attributes: {
    settings: { locale: 'de', theme: { base: 'dark' } },
    gatehouse: {
      background: '/media/shop.jpg',
      layout: 'sidebar_left',
      footer_links: [
        { name: 'Imprint', href: 'https://shop.example/imprint' },
        { name: 'Since 1999', href: null },
      ],
    },
  },
};
const OWN = { background: 'https://cdn.example/own.jpg', layout: 'content_right' };

let house: Deployment;
let direct: string;
beforeAll(async () => {
  house = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD]),
        flowEntries('shop-login', [DUMMY], OWN),
        flowEntries('goodbye', [DUMMY], { designation: 'invalidation' }),
        flowEntries('shop-goodbye', [DUMMY], { designation: 'invalidation' }),
        flowEntries('lost', [DUMMY], { designation: 'recovery' }),
        flowEntries('shop-lost', [DUMMY], { designation: 'recovery' }),
        brandEntry('shop.example', SHOP),
        brandEntry('new.example', { branding_title: 'First' }),
        brandEntry('everything-else', { default: true }),
      ),
    ],
    gateway: { BRAND: 'The Site', TRUSTED_PROXIES: '127.0.0.1' },
  });
  direct = await house.openAnotherGateway({ TRUSTED_PROXIES: '' });
});
afterAll(() => house.close());

/** What a proxy says that was asked under a name. */
const under = (host: string) => ({ 'x-forwarded-host': host });

const at = (host: string, path: string, browser: Browser = house.browser()) =>
  browser.fetch(path, { headers: under(host) });
const solveAt = (host: string, browser: Browser, body: unknown) =>
  browser.fetch('/api/v3/flows/executor/login/?query=next%3D%252Fa', {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { ...under(host), 'content-type': 'application/json' },
  });

const CURRENT = '/api/v3/core/brands/current/';

/** Asks a gateway that trusts no proxy, by a host of its own, which fetch does not name. */
const askAs = (host: string, headers: Readonly<Record<string, string>> = {}) =>
  new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    const asked = request(`${direct}${CURRENT}`, { headers: { ...headers, host } }, (answer) => {
      json(answer).then((body) => resolve(body as Readonly<Record<string, unknown>>), reject);
    });
    asked.on('error', reject).end();
  });

const PLAIN = {
  branding_title: 'The Site',
  branding_logo: '/static/dist/assets/icons/icon_left_brand.svg',
  branding_favicon: '/static/dist/assets/icons/icon.png',
  ui_footer_links: [],
  ui_theme: 'automatic',
  default_locale: '',
};

describe('the brand of a host', () => {
  it('is told to a stranger, as the official client reads it', async () => {
    const { status, body } = await at('www.shop.example:9000', CURRENT);

    expect([status, body]).toEqual([
      200,
      {
        matched_domain: 'shop.example',
        branding_title: 'The Shop',
        branding_logo: '/media/shop-%(theme)s.svg',
        branding_favicon: 'https://cdn.example/shop.png',
        ui_footer_links: [
          { name: 'Imprint', href: 'https://shop.example/imprint' },
          { name: 'Since 1999', href: null },
        ],
        ui_theme: 'dark',
        flow_authentication: 'shop-login',
        flow_invalidation: 'shop-goodbye',
        flow_recovery: 'shop-lost',
        flow_device_code: 'shop-goodbye',
        default_locale: 'de',
      },
    ]);
    expect(CurrentBrandFromJSON(body)).toMatchObject({ brandingTitle: 'The Shop', flowDeviceCode: 'shop-goodbye' });
  });

  it('is the default one under any other name, with what is not set absent or as it always was', async () => {
    expect((await at('other.example', CURRENT)).body).toEqual({ matched_domain: 'everything-else', ...PLAIN });
  });

  it('is that of the host itself where no proxy stands between, whatever one says that nobody trusts', async () => {
    expect(await askAs('shop.example', under('new.example'))).toMatchObject({ branding_title: 'The Shop' });
  });

  it('is what a blueprint says from the next request on, in every gateway', async () => {
    const titles = async () => {
      const page = await at('new.example', '/if/flow/login/');
      return [(await askAs('new.example'))['branding_title'], /<title>(.*)<\/title>/.exec(page.text)?.[1]];
    };
    expect(await titles()).toEqual(['First', 'Welcome - First']);
    await house.apply(blueprint(brandEntry('new.example', { branding_title: 'Second' })));
    expect(await titles()).toEqual(['Second', 'Welcome - Second']);
  });
});

describe('what a client must know of the server', () => {
  it('is told to a stranger, and switches nothing on', async () => {
    const { status, body } = await house.browser().fetch('/api/v3/root/config/');

    expect([status, body]).toEqual([
      200,
      {
        error_reporting: {
          ...{ enabled: false, sentry_dsn: '', environment: '', send_pii: false, traces_sample_rate: 0 },
        },
        ...{ capabilities: [], cache_timeout: 0, cache_timeout_flows: 0 },
        ...{ cache_timeout_policies: 0, cache_timeout_reputation: 0 },
      },
    ]);
    expect(ConfigFromJSON(body)).toMatchObject({ capabilities: [], errorReporting: { enabled: false } });
  });
});

describe('the flows of a brand', () => {
  it.each([
    ['shop.example', 'authentication', 'shop-login'],
    ['shop.example', 'invalidation', 'shop-goodbye'],
    ['other.example', 'authentication', 'login'],
    ['other.example', 'invalidation', 'goodbye'],
  ])('under %s the address for %s leads to %s', async (host, purpose, slug) => {
    const { status, headers } = await at(host, `/flows/-/default/${purpose}/?next=%2Fa`);

    expect([status, headers.get('location')]).toEqual([302, `/if/flow/${slug}/?next=%2Fa`]);
  });

  it.each([
    ['shop.example', 'shop-lost'],
    ['other.example', 'lost'],
  ])('under %s a password step links %s, at the site’s own address', async (host, slug) => {
    const browser = house.browser();
    const { body } = await solveAt(host, browser, { uid_field: 'alice' });

    expect(body).toMatchObject({
      component: 'ak-stage-password',
      recovery_url: `${house.url}/if/flow/${slug}/?next=%2Fa`,
    });
  });
});

describe('the looks of a brand', () => {
  const infoAt = async (host: string, slug: string) =>
    (await at(host, `/api/v3/flows/executor/${slug}/?query=`)).body['flow_info'];

  it('are those of flows that have none of their own', async () => {
    expect(await infoAt('shop.example', 'login')).toMatchObject({
      background: '/media/shop.jpg',
      layout: 'sidebar_left',
    });
    expect(await infoAt('shop.example', 'shop-login')).toMatchObject(OWN);
    expect(await infoAt('other.example', 'shop-login')).toMatchObject(OWN);
    expect(await infoAt('other.example', 'login')).toMatchObject({
      background: '/static/dist/assets/images/flow_background.jpg',
      layout: 'stacked',
    });
  });

  it('are those of the name by which each request comes, and no name changes where links lead', async () => {
    const browser = house.browser();
    await solveAt('shop.example', browser, { uid_field: 'alice' });
    const seen = await Promise.all(
      ['shop.example', 'evil.example'].map(
        async (host) => (await at(host, '/api/v3/flows/executor/login/', browser)).body,
      ),
    );

    expect(seen.map(({ flow_info }) => (flow_info as { layout: string }).layout)).toEqual(['sidebar_left', 'stacked']);
    expect(JSON.stringify(seen)).not.toContain('evil.example');
  });
});
