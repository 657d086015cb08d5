import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { ConfigFromJSON, CurrentBrandFromJSON } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  brandEntry,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

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
const OWN_LAYOUT = { background: 'https://cdn.example/own.jpg', layout: 'content_right' };

let deployment: Deployment;
let direct: string;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD]),
        flowEntries('shop-login', [DUMMY], OWN_LAYOUT),
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
  direct = await deployment.openAnotherGateway({ TRUSTED_PROXIES: '' });
});
afterAll(() => deployment.close());

/** Returns the headers that a proxy sends for a request to this host name. */
const hostHeader = (host: string) => ({ 'x-forwarded-host': host });

const fetchAt = (host: string, path: string, browser: Browser = deployment.browser()) =>
  browser.fetch(path, { headers: hostHeader(host) });
const solveAt = (host: string, browser: Browser, body: unknown) =>
  browser.fetch('/api/v3/flows/executor/login/?query=next%3D%252Fa', {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { ...hostHeader(host), 'content-type': 'application/json' },
  });

const CURRENT = '/api/v3/core/brands/current/';

/** Requests the current brand from a gateway without trusted proxies, with a Host header that `fetch` cannot set. */
const brandOf = (host: string, headers: Readonly<Record<string, string>> = {}) =>
  new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    const sent = request(`${direct}${CURRENT}`, { headers: { ...headers, host } }, (response) => {
      json(response).then((body) => resolve(body as Readonly<Record<string, unknown>>), reject);
    });
    sent.on('error', reject).end();
  });

const DEFAULTS = {
  branding_title: 'The Site',
  branding_logo: '/static/dist/assets/icons/icon_left_brand.svg',
  branding_favicon: '/static/dist/assets/icons/icon.png',
  ui_footer_links: [],
  ui_theme: 'automatic',
  default_locale: '',
};

describe('the brand of a host name', () => {
  it('is returned to an anonymous visitor in the shape that the official client reads', async () => {
    const { status, body } = await fetchAt('www.shop.example:9000', CURRENT);

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

  it('is the default brand for any other host, with unset fields absent or at their defaults', async () => {
    expect((await fetchAt('other.example', CURRENT)).body).toEqual({ matched_domain: 'everything-else', ...DEFAULTS });
  });

  it('is chosen by the Host header, not by the headers of an untrusted proxy', async () => {
    expect(await brandOf('shop.example', hostHeader('new.example'))).toMatchObject({ branding_title: 'The Shop' });
  });

  it('determines /favicon.ico: the icon of the brand, or else the built-in icon', async () => {
    const [own, built, touch] = [
      await fetchAt('shop.example', '/favicon.ico'),
      await fetchAt('other.example', '/favicon.ico'),
      await fetchAt('other.example', '/apple-touch-icon.png'),
    ];

    expect([own.status, own.headers.get('location')]).toEqual([302, 'https://cdn.example/shop.png']);
    expect([built.status, built.headers.get('content-type')]).toEqual([200, 'image/x-icon']);
    expect([touch.status, touch.headers.get('content-type')]).toEqual([200, 'image/png']);
    for (const { headers } of [own, built, touch]) expect(headers.get('cache-control')).toBe('public, max-age=86400');
    expect(Number(built.headers.get('content-length'))).toBeLessThan(2000);
    expect((await fetchAt('shop.example', '/if/flow/login/')).text).toContain('href="https://cdn.example/shop.png"');
    expect((await fetchAt('other.example', '/if/flow/login/')).text).toContain('href="/apple-touch-icon.png"');
  });

  it('changes in every gateway as soon as a blueprint has been applied', async () => {
    const titles = async () => {
      const page = await fetchAt('new.example', '/if/flow/login/');
      return [(await brandOf('new.example'))['branding_title'], /<title>(.*)<\/title>/.exec(page.text)?.[1]];
    };
    expect(await titles()).toEqual(['First', 'Log in - First']);
    await deployment.apply(blueprint(brandEntry('new.example', { branding_title: 'Second' })));
    expect(await titles()).toEqual(['Second', 'Log in - Second']);
  });
});

describe('the server configuration for clients', () => {
  it('is returned to an anonymous visitor, with no capability enabled', async () => {
    const { status, body } = await deployment.browser().fetch('/api/v3/root/config/');

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
  ])('under %s the default address for %s redirects to %s', async (host, purpose, slug) => {
    const { status, headers } = await fetchAt(host, `/flows/-/default/${purpose}/?next=%2Fa`);

    expect([status, headers.get('location')]).toEqual([302, `/if/flow/${slug}/?next=%2Fa`]);
  });

  it.each([
    ['shop.example', 'shop-lost'],
    ['other.example', 'lost'],
  ])('under %s a password step links to the recovery flow %s at the configured origin', async (host, slug) => {
    const browser = deployment.browser();
    const { body } = await solveAt(host, browser, { uid_field: 'alice' });

    expect(body).toMatchObject({
      component: 'ak-stage-password',
      recovery_url: `${deployment.url}/if/flow/${slug}/?next=%2Fa`,
    });
  });
});

describe('the appearance of a brand', () => {
  const infoAt = async (host: string, slug: string) =>
    (await fetchAt(host, `/api/v3/flows/executor/${slug}/?query=`)).body['flow_info'];

  it('applies to flows that set no appearance', async () => {
    expect(await infoAt('shop.example', 'login')).toMatchObject({
      background: '/media/shop.jpg',
      layout: 'sidebar_left',
    });
    expect(await infoAt('shop.example', 'shop-login')).toMatchObject(OWN_LAYOUT);
    expect(await infoAt('other.example', 'shop-login')).toMatchObject(OWN_LAYOUT);
    expect(await infoAt('other.example', 'login')).toMatchObject({
      background: '/static/dist/assets/images/flow_background.jpg',
      layout: 'stacked',
    });
  });

  it('is chosen by the host of each request, while links keep the configured origin', async () => {
    const browser = deployment.browser();
    await solveAt('shop.example', browser, { uid_field: 'alice' });
    const challenges = await Promise.all(
      ['shop.example', 'evil.example'].map(
        async (host) => (await fetchAt(host, '/api/v3/flows/executor/login/', browser)).body,
      ),
    );

    expect(challenges.map(({ flow_info }) => (flow_info as { layout: string }).layout)).toEqual([
      'sidebar_left',
      'stacked',
    ]);
    expect(JSON.stringify(challenges)).not.toContain('evil.example');
  });
});
