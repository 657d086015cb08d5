import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, keyOf } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { SHOP_SECRET } from '../support/oauth-application.js';

const CSS = 'h1 { content: "</style><script>alert(1)</script>" } h2 { color: red }';
const REQUEST = {
  ...{ response_type: 'code', scope: 'openid', code_challenge_method: 'S256', code_challenge: 'c'.repeat(43) },
};
const [BACK, BYE] = ['https://shop.example/back', 'https://shop.example/bye'];

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    blueprints: [
      blueprint(
        flowEntries('login', [DUMMY]),
        flowEntries('own', [DUMMY], { background: 'own-%(theme)s.jpg' }),
        flowEntries('x'.repeat(60), [DUMMY]),
        flowEntries('authorize', [DUMMY], { designation: 'authorization' }),
        {
          model: 'authentik_providers_oauth2.oauth2provider',
          id: 'shop',
          identifiers: { name: 'shop' },
          attrs: {
            ...{ client_id: 'shop', client_secret: SHOP_SECRET, authorization_flow: keyOf('authorize') },
            redirect_uris: [
              { matching_mode: 'strict', url: BACK },
              { matching_mode: 'strict', url: BYE, redirect_uri_type: 'logout' },
            ],
          },
        },
        {
          model: 'authentik_core.application',
          identifiers: { slug: 'shop' },
          attrs: { name: 'Shop', provider: keyOf('shop') },
        },
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: {
            ...{ default: true, branding_title: 'Site', branding_logo: '/logo-%(theme)s.svg' },
            ...{ branding_custom_css: CSS, branding_default_flow_background: 'sea-%(theme)s.jpg' },
            ...{ flow_lockdown: keyOf('login'), attributes: { gatehouse: { custom_css: 'h2 { color: blue }' } } },
          },
        },
      ),
    ],
  });
});
afterAll(() => deployment.close());

const get = (path: string) => deployment.browser().fetch(path);

describe('a client of 2026.8', () => {
  it('gets the newer fields of the brand', async () => {
    expect((await get('/api/v3/core/brands/current/')).body).toEqual({
      ...{ matched_domain: 'authentik-default', branding_title: 'Site', branding_logo: '/logo-%(theme)s.svg' },
      branding_logo_themed_urls: { light: '/logo-light.svg', dark: '/logo-dark.svg' },
      branding_favicon: '/static/dist/assets/icons/icon.png',
      ...{ branding_favicon_themed_urls: null, branding_custom_css: CSS, branding_map_tiles: '' },
      ...{ ui_footer_links: [], ui_theme: 'automatic', flow_lockdown: 'login', default_locale: '' },
      flags: { flows_continuous_login: false, flows_refresh_others: false },
    });
  });

  it('gets a configuration without cache_timeout_reputation', async () => {
    expect(Object.keys((await get('/api/v3/root/config/')).body)).toEqual([
      ...['error_reporting', 'capabilities', 'cache_timeout', 'cache_timeout_flows', 'cache_timeout_policies'],
    ]);
  });

  it.each([
    ['login', 'sea'],
    ['own', 'own'],
    ['x'.repeat(60), 'sea'],
  ])('gets the background of the flow %s, or else that of the brand, for each theme', async (slug, name) => {
    const [light, dark] = [`/media/public/${name}-light.jpg`, `/media/public/${name}-dark.jpg`];
    expect((await get(`/api/v3/flows/executor/${slug}/?query=`)).body['flow_info']).toMatchObject({
      ...{ background: light, background_themed_urls: { light, dark } },
    });
  });
});

describe('a page', () => {
  it('applies branding_custom_css before the style sheet of the attributes, and its text cannot close the style', async () => {
    const { text } = await get('/if/flow/login/');
    const style = [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map(([, rules]) => rules).join('');
    expect(style).toContain('h2 { color: red }\nh2 { color: blue }');
    expect(style).toContain('<\\/style>');
    expect(text).not.toContain('</style><script>');
  });
});

describe('a redirect URI of the type logout', () => {
  /** Pushes an authorization request with this redirect URI. Returns the error. */
  async function push(redirect_uri: string) {
    const form = new URLSearchParams({ client_id: 'shop', client_secret: SHOP_SECRET, redirect_uri, ...REQUEST });
    const answer = await deployment.browser().fetch('/application/o/par/', {
      ...{ method: 'POST', body: form.toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    return answer.body['error'];
  }

  it('is accepted for a logout, and refused for an authorization code', async () => {
    const { status, headers } = await get(`/application/o/shop/end-session/?post_logout_redirect_uri=${BYE}`);
    expect([status, headers.get('location')]).toEqual([302, BYE]);
    expect(await push(BYE)).toBe('invalid_request');
    expect(await push(BACK)).toBeUndefined();
  });
});
