import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import {
  locationOf,
  OauthApplication,
  SHOP_CLIENT,
  SHOP_REDIRECT_URI,
  SHOP_SECRET,
} from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';

const CONSENT = { stage: 'consent.consentstage', attrs: { mode: 'always_require' } };

let deployment: Deployment;
let shop: OauthApplication;
/** An application that needs no consent. */
let desk: OauthApplication;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('jose', { attributes: { settings: { locale: 'es' } } }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('consent', [CONSENT], { designation: 'authorization', authentication: 'require_authenticated' }),
        flowEntries('plain', [], { designation: 'authorization', authentication: 'require_authenticated' }),
        clientEntries('shop', { flow: 'consent', attrs: SHOP_CLIENT }),
        clientEntries('desk', { flow: 'plain', attrs: SHOP_CLIENT }),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
  });
  const client = { name: 'shop', secret: SHOP_SECRET, redirectUri: SHOP_REDIRECT_URI };
  shop = await OauthApplication.discover(deployment, client);
  desk = await OauthApplication.discover(deployment, { ...client, name: 'desk' });
});
afterAll(() => deployment?.close());

const queryOf = (address: string) => address.slice(address.indexOf('?') + 1);

/** Pushes a request with these parameters and opens its address. Returns the query of the login page that follows. */
async function toLogin(browser: Browser, parameters: Readonly<Record<string, string>>): Promise<string> {
  return queryOf(locationOf(await browser.fetch((await shop.push(parameters)).path)));
}
async function logIn(browser: Browser, name: string, query: string): Promise<string> {
  await browser.show('login', query);
  await browser.solve('login', { uid_field: name }, query);
  return String((await browser.solve('login', { password: 'correct-horse-7' }, query)).body['to']);
}
const pageOf = async (browser: Browser, path: string) => (await browser.fetch(path)).text;

describe('login_hint', () => {
  it('is filled in and escaped, and the visitor can log in by another name', async () => {
    const visitor = deployment.browser().complete();
    const query = await toLogin(visitor, { login_hint: '"><b>jose' });
    const { body } = await visitor.complete().show('login', query);
    expect(body).toMatchObject({ pending_user_identifier: '"><b>jose' });
    const page = await pageOf(visitor, `/if/flow/login/?${query}`);
    expect(page).toMatch(/ value="&quot;(>|&gt;)(<|&lt;)b(>|&gt;)jose"/);
    expect(page).not.toContain('"><b>jose');
    expect(await logIn(visitor, 'alice', query)).toMatch(/^\/application\/o\/authorize\//);
  });

  it('is left out of the address of the login if it is too long', async () => {
    const query = await toLogin(deployment.browser(), { login_hint: 'x'.repeat(600) });
    expect(query).not.toContain('login_hint');
  });
});

describe('id_token_hint', () => {
  async function logIn(browser: Browser, name: string): Promise<Browser> {
    await browser.solve('login', { uid_field: name });
    await browser.solve('login', { password: 'correct-horse-7' });
    return browser;
  }
  /** Opens a path. Returns the address to which it redirects. */
  const visit = async (browser: Browser, path: string) => locationOf(await browser.fetch(path));
  const LOGIN_REQUIRED = `${SHOP_REDIRECT_URI}?error=login_required`;

  it('signs in only the user of the ID token, and redirects another user to the login', async () => {
    const alice = await logIn(deployment.browser(), 'alice');
    const { id_token: id_token_hint = '' } = await desk.signIn(alice);
    const sub = (await desk.signIn(alice, { prompt: 'none', id_token_hint })).claims()?.sub;
    const browser = await logIn(deployment.browser(), 'jose');
    const silent = await desk.push({ prompt: 'none', id_token_hint });
    expect(await visit(browser, silent.path)).toContain(LOGIN_REQUIRED);
    const request = await desk.push({ id_token_hint });
    const login = new URL(await visit(browser, request.path), deployment.url);
    expect(login.pathname).toBe('/flows/-/default/authentication/');
    await logIn(browser, 'alice');
    const tokens = await desk.exchange(await visit(browser, login.searchParams.get('next') ?? ''), request);
    expect(tokens.claims()?.sub).toBe(sub);
  });

  it('returns login_required to the client if another user logs in', async () => {
    const { id_token: id_token_hint = '' } = await desk.signIn(await logIn(deployment.browser(), 'alice'));
    for (const browser of [deployment.browser(), await logIn(deployment.browser(), 'jose')]) {
      const { path } = await desk.push({ id_token_hint });
      const login = new URL(await visit(browser, path), deployment.url);
      await logIn(browser, 'jose');
      expect(await visit(browser, login.searchParams.get('next') ?? '')).toContain(LOGIN_REQUIRED);
    }
  });

  it('is refused if it is not a valid ID token of the client', async () => {
    const { id_token: id_token_hint = '' } = await desk.signIn(await logIn(deployment.browser(), 'alice'));
    for (const [application, hint] of [
      [shop, id_token_hint],
      [desk, 'x'],
      [desk, `${id_token_hint.slice(0, -4)}AAAA`],
    ] as const)
      await expect(application.push({ id_token_hint: hint })).rejects.toMatchObject({ error: 'invalid_request' });
  });
});

describe('ui_locales', () => {
  it('sets the language of the login, and of the consent of a user who has no language setting', async () => {
    for (const [name, header] of [
      ['alice', 'Sie melden sich gleich'],
      ['jose', 'Está a punto'],
    ] as const) {
      const visitor = deployment.browser('fr');
      const query = await toLogin(visitor, { ui_locales: 'tlh de-AT en' });
      expect((await visitor.show('login', query)).body).toMatchObject({ primary_action: 'Anmelden' });
      expect(await pageOf(visitor, `/if/flow/login/?${query}`)).toContain('<html lang="de"');
      const consent = locationOf(await visitor.fetch(await logIn(visitor, name, query)));
      expect(consent).toBe('/if/flow/consent/?ui_locales=de');
      const { body } = await visitor.show('consent', queryOf(consent));
      expect(body).toMatchObject({ header_text: expect.stringContaining(header) });
      expect(await pageOf(visitor, consent)).toContain(name === 'alice' ? 'lang="de"' : 'lang="es"');
    }
  });

  it('overrides the language of the browser, but not the language that the visitor has chosen', async () => {
    const visitor = deployment.browser('fr');
    expect(await pageOf(visitor, '/if/flow/login/')).toContain('<html lang="fr"');
    expect(await pageOf(visitor, '/if/flow/login/?ui_locales=tlh')).toContain('<html lang="fr"');
    expect(await pageOf(visitor, '/if/flow/login/?ui_locales=de')).toContain('<html lang="de"');
    expect(await pageOf(visitor, '/if/flow/login/?ui_locales=es&ui_locales=de')).toContain('<html lang="de"');
    visitor.plant('ar', 'gatehouse_locale');
    expect(await pageOf(visitor, '/if/flow/login/?ui_locales=de')).toContain('<html lang="ar"');
  });

  it('is in the metadata with the languages that it supports', () => {
    expect(shop.config.serverMetadata()['ui_locales_supported']).toEqual(['en', 'de', 'fr', 'es', 'ar']);
  });
});

describe('the metadata of RFC 8414', () => {
  const path = '/.well-known/oauth-authorization-server/application/o';

  it('equal those of OpenID Connect, with and without the last slash of the issuer', async () => {
    const visitor = deployment.browser();
    const { body } = await visitor.fetch('/application/o/shop/.well-known/openid-configuration');
    expect(body).toMatchObject({ issuer: `${deployment.url}/application/o/shop/` });
    for (const address of [`${path}/shop`, `${path}/shop/`])
      expect({ address, body: (await visitor.fetch(address)).body }).toEqual({ address, body });
    const options = { algorithm: 'oauth2' as const, execute: [openid.allowInsecureRequests] };
    const issuer = new URL('/application/o/shop/', deployment.url);
    const found = await openid.discovery(issuer, 'shop', SHOP_SECRET, undefined, options);
    expect(found.serverMetadata()).toMatchObject({ token_endpoint: `${deployment.url}/application/o/token/` });
  });

  it('return 404 for an unknown application or another path', async () => {
    for (const address of [`${path}/none`, '/.well-known/oauth-authorization-server', `${path}/shop/x`])
      expect((await deployment.browser().fetch(address)).status).toBe(404);
  });
});
