import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { post } from '../support/forms.js';

let deployment: Deployment;

const withLocale = (locale: string) => ({ attributes: { settings: { locale } } });
const DENY = { stage: 'deny.denystage' };

beforeAll(async () => {
  deployment = await Deployment.open({
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('francoise', withLocale('fr')),
        userEntry('jose', withLocale('es_MX')),
        userEntry('klingon', withLocale('tlh')),
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'spanish.example' },
          attrs: { branding_title: 'Spanish', attributes: { settings: { locale: 'es' } } },
        },
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('enrol', [IDENTIFICATION], { designation: 'enrollment' }),
        flowEntries('private', [DUMMY], { authentication: 'require_authenticated' }),
        flowEntries('never', [DUMMY, { ...DENY, attrs: {} }]),
        flowEntries('in-words', [{ ...DENY, attrs: { deny_message: 'Ask {who} at the desk.' } }]),
      ),
    ],
  });
});
afterAll(() => deployment.close());

const WRONG = { string: 'Falsches Passwort', code: 'invalid' };

async function logIn(user: string, languages?: string) {
  const browser = deployment.browser(languages);
  await browser.solve('login', { uid_field: user });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

describe('API texts', () => {
  it('are in the language of Accept-Language, while error codes are not translated', async () => {
    const browser = deployment.browser('de-AT,de;q=0.9,en;q=0.8');
    expect((await browser.show('login')).body).toMatchObject({ primary_action: 'Anmelden' });
    expect((await browser.show('enrol')).body).toMatchObject({ primary_action: 'Weiter' });
    expect((await browser.solve('login', { uid_field: '' })).body).toMatchObject({
      response_errors: { uid_field: [{ string: 'Dieses Feld darf nicht leer sein.', code: 'blank' }] },
    });
    await browser.solve('login', { uid_field: 'alice' });
    expect((await browser.solve('login', { password: 'wrong' })).body).toMatchObject({
      response_errors: { password: [WRONG] },
    });
  });

  it('are in the right plural form of the language', async () => {
    const { body } = await deployment.browser('ar').solve('login', { uid_field: 'x'.repeat(1025) });
    expect(body).toMatchObject({
      response_errors: { uid_field: [{ string: 'يجب ألا يزيد هذا الحقل على 1024 حرفًا.', code: 'max_length' }] },
    });
  });

  it.each([undefined, 'en-GB', '*', 'tlh', 'pt;q=0.9, tlh'])(
    'are English for Accept-Language %s',
    async (languages) => {
      const { body } = await deployment.browser(languages).solve('login', { uid_field: '' });
      expect(body).toMatchObject({ response_errors: { uid_field: [{ string: 'This field may not be blank.' }] } });
    },
  );

  it('are also translated in problems and errors', async () => {
    const browser = deployment.browser('de');
    expect((await browser.show('private')).body).toMatchObject({
      component: 'ak-stage-access-denied',
      error_message: 'Dieser Ablauf ist für Sie nicht vorgesehen.',
    });
    expect((await browser.show('no-such-flow')).body).toEqual({ detail: 'Nicht gefunden.', code: 'not_found' });
    expect((await browser.post('login', '{')).body).toEqual({
      non_field_errors: ['Das JSON kann nicht gelesen werden: Das ist kein JSON.'],
      code: 'malformed_json',
    });
    expect((await browser.fetch('/api/v3/schema/', { method: 'DELETE' })).body).toEqual({
      detail: 'Die Methode „DELETE“ ist nicht erlaubt.',
      code: 'method_not_allowed',
    });
  });

  it('include texts of administrators untranslated', async () => {
    const browser = deployment.browser('de');
    expect((await browser.show('in-words')).body).toMatchObject({
      error_message: 'Ask {who} at the desk.',
      flow_info: { title: 'Welcome' },
    });
    expect((await browser.solve('never', {})).body).toMatchObject({ error_message: 'Unbekannter Fehler' });
  });
});

describe('the language setting of a user', () => {
  it('takes precedence over Accept-Language after the login', async () => {
    const browser = await logIn('francoise', 'de');
    expect((await browser.solve('login', { uid_field: '' })).body).toMatchObject({
      response_errors: { uid_field: [{ string: 'Ce champ ne peut pas être vide.' }] },
    });
    expect((await (await logIn('jose')).show('login')).body).toMatchObject({ primary_action: 'Iniciar sesión' });
  });

  it('has no effect before the login, so that entering a username does not reveal it', async () => {
    const browser = deployment.browser('de');
    await browser.solve('login', { uid_field: 'francoise' });
    expect((await browser.solve('login', { password: 'wrong' })).body).toMatchObject({
      response_errors: { password: [WRONG] },
    });
  });

  it('is ignored if its language is not supported', async () => {
    expect((await (await logIn('klingon', 'de')).show('login')).body).toMatchObject({ primary_action: 'Anmelden' });
    expect((await (await logIn('klingon')).show('login')).body).toMatchObject({ primary_action: 'Log in' });
  });
});

describe('the choice in the language menu', () => {
  const choose = (browser: Browser, locale: string, next = '/if/flow/login/') =>
    post(browser, `/if/language/?next=${encodeURIComponent(next)}`, { locale });

  it('is stored in a cookie with the language only, which survives the login, until the visitor resets it', async () => {
    const browser = deployment.browser('es');
    const { status, headers } = await choose(browser, 'de', '/if/flow/login/?next=%2Fapp%2F');
    expect([status, headers.get('location')]).toEqual([303, '/if/flow/login/?next=%2Fapp%2F']);
    expect(headers.get('set-cookie')).toBe('gatehouse_locale=de; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax');
    expect((await browser.show('login')).body).toMatchObject({ primary_action: 'Anmelden' });
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: 'correct-horse-7' });
    const { text } = await browser.fetch('/if/user/');
    expect(text).toContain('<html lang="de" dir="ltr"');
    expect(text).toMatch(/value="de"[^>]* aria-current="true">Deutsch</);
    await choose(browser, '');
    expect((await browser.fetch('/if/user/')).text).toContain('<html lang="es" dir="ltr"');
    expect(browser.cookie('gatehouse_locale')).toBe('');
  });

  it.each(['/api/v3/', '/no-such-page?from=mail', '/if/flow/no-such-flow/'])('is also offered at %s', async (path) => {
    const browser = deployment.browser('fr');
    const headers = { accept: 'text/html' };
    const form = `action="/if/language/?next=${encodeURIComponent(path)}"`;
    expect((await browser.fetch(path, { headers })).text).toContain(form);
    expect((await choose(browser, 'ar', path)).headers.get('location')).toBe(path);
    const { text } = await browser.fetch(path, { headers });
    expect(text).toContain('<html lang="ar" dir="rtl"');
    expect(text).toMatch(/value="ar"[^>]* aria-current="true"/);
  });

  it('takes precedence over the brand, but not over the setting of a user, whose pages have no menu', async () => {
    const brandHost = { headers: { 'x-forwarded-host': 'www.spanish.example' } };
    const browser = deployment.browser();
    await choose(browser, 'ar');
    expect((await browser.fetch('/if/flow/login/', brandHost)).text).toContain('<html lang="ar" dir="rtl"');
    await browser.solve('login', { uid_field: 'francoise' });
    await browser.solve('login', { password: 'correct-horse-7' });
    const { text } = await browser.fetch('/if/user/');
    expect(text).toContain('<html lang="fr" dir="ltr"');
    expect(text).not.toContain('/if/language/');
  });

  it('replaces the language in the address, and keeps the rest of it', async () => {
    const browser = deployment.browser();
    for (const address of ['/if/flow/login/?locale=fr&next=/app?a=b', '/if/flow/login/?next=/app?a=b&locale=fr'])
      expect((await choose(browser, 'de', address)).headers.get('location')).toBe(
        '/if/flow/login/?next=%2Fapp%3Fa%3Db',
      );
  });

  it.each(['tlh', 'de-AT', 'DE', 'de; x', '__proto__'])('ignores the unknown language %j', async (locale) => {
    const browser = deployment.browser('fr');
    expect((await choose(browser, locale)).headers.get('set-cookie')).toBeNull();
    const headers = { cookie: `gatehouse_locale=${encodeURIComponent(locale)}` };
    expect((await browser.fetch('/if/flow/login/', { headers })).text).toContain('<html lang="fr"');
  });

  it('is refused from another site, and redirects to no other site', async () => {
    const browser = deployment.browser();
    const headers = { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' };
    const forged = await browser.fetch('/if/language/', { method: 'POST', headers, body: 'locale=de' });
    expect([forged.status, browser.cookie('gatehouse_locale')]).toEqual([403, undefined]);
    for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example'])
      expect((await choose(browser, 'de', next)).headers.get('location')).toBe('/');
  });
});

describe('the language setting of a brand', () => {
  it('takes precedence over Accept-Language, but not over the setting of a user', async () => {
    const brandHost = { headers: { 'x-forwarded-host': 'www.spanish.example' } };
    const login = '/api/v3/flows/executor/login/?query=';
    expect((await deployment.browser('de').fetch(login, brandHost)).body).toMatchObject({
      primary_action: 'Iniciar sesión',
    });
    expect((await (await logIn('francoise')).fetch(login, brandHost)).body).toMatchObject({
      primary_action: 'Se connecter',
    });
    expect((await deployment.browser('de').fetch('/if/flow/login/', brandHost)).text).toContain(
      '<html lang="es" dir="ltr"',
    );
  });
});

describe('a page', () => {
  const page = async (languages: string) => (await deployment.browser(languages).fetch('/if/flow/login/')).text;
  const embeddedTexts = (text: string) =>
    JSON.parse(/<script type="application\/json" id="opened">(.*?)<\/script>/s.exec(text)?.[1] ?? '') as {
      readonly texts: Readonly<Record<string, string>>;
    };

  it('is in the language of the visitor, with its text direction', async () => {
    const german = await page('de');
    expect(german).toContain('<html lang="de" dir="ltr"');
    expect(german).toContain('>Benutzername oder E-Mail-Adresse</label>');
    expect(german).toContain('>Anmelden</');
    const arabic = await page('ar');
    expect(arabic).toContain('<html lang="ar" dir="rtl"');
    expect(arabic).toContain('>اسم المستخدم أو البريد الإلكتروني</label>');
  });

  it('contains the texts of its language only', async () => {
    expect(embeddedTexts(await page('fr')).texts).toMatchObject({ 'Not you?': 'Ce n’est pas vous\u00a0?' });
    expect(await page('fr')).not.toContain('Nicht Sie?');
    expect(embeddedTexts(await page('en')).texts).toEqual({});
  });

  it('shows errors in its language too', async () => {
    const { text, status } = await deployment.browser('es').fetch('/if/flow/no-such-flow/');
    expect(status).toBe(404);
    expect(text).toContain('No encontrado.');
  });
});

it('the account page is in the language of the user', async () => {
  const { text } = await (await logIn('francoise', 'de')).fetch('/if/user/');
  expect(text).toContain('<html lang="fr" dir="ltr"');
  expect(text).toContain('Vous êtes connecté en tant que francoise.');
});
