import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { hiddenFields, post, submit } from '../support/forms.js';

const RIGHT = 'correct-horse-7';
const SETTINGS = '/if/flow/settings/?theme=dark';
/**
 * Address to which the login redirects. The gateway adds the cross-site mark to a `next` that leads to a flow, because
 * another site may have chosen it.
 */
const SETTINGS_AFTER_LOGIN = `${SETTINGS}&after_login=1&cross_site=1`;
const NOT_ADMITTED = {
  component: 'ak-stage-access-denied',
  error_message: 'Flow does not apply to current user.',
};

let deployment: Deployment;
beforeAll(async () => {
  const embedded = { model: `authentik_stages_${PASSWORD.stage}`, id: 'embedded', identifiers: { name: 'embedded' } };
  const withPassword = { password_stage: keyOf('embedded'), recovery_flow: keyOf('recovery') };
  const combined = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, ...withPassword } };
  const pretending = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, pretend_user_exists: true } };
  const impatient = { ...PASSWORD, attrs: { ...PASSWORD.attrs, failed_attempts_before_cancel: 2 } };
  const users = { authentication: 'require_authenticated', designation: 'stage_configuration' };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [pretending, impatient, LOGIN], { authentication: 'require_unauthenticated' }),
        flowEntries('recovery', [IDENTIFICATION], { designation: 'recovery' }),
        { ...embedded, attrs: PASSWORD.attrs },
        flowEntries('combined', [combined, LOGIN], { designation: 'authorization' }),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
        flowEntries('settings', [DUMMY], users),
        flowEntries('administration', [DUMMY], { ...users, authentication: 'require_superuser' }),
        flowEntries('join', [DUMMY], { designation: 'enrollment', authentication: 'require_unauthenticated' }),
      ),
    ],
  });
});
afterAll(() => deployment.close());

/** Logs in with forms at an address of the login page. Returns the address to which the login redirects. */
async function logIn(browser: Browser, address = '/if/flow/login/'): Promise<string | null> {
  await submit(browser, address, { uid_field: 'alice' });
  return (await submit(browser, address, { password: RIGHT })).headers.get('location');
}

async function loggedIn(): Promise<Browser> {
  const browser = deployment.browser();
  expect(await logIn(browser)).toBe('/');
  return browser;
}

const locationOf = async (browser: Browser, address: string) => (await browser.fetch(address)).headers.get('location');

describe('an anonymous visitor of a flow that requires a login', () => {
  it('is redirected to the login, and then to the flow with its query', async () => {
    const browser = deployment.browser();
    const login = await locationOf(browser, (await locationOf(browser, SETTINGS))!);
    expect(login).toMatch(/^\/if\/flow\/login\/\?next=/);

    expect(await logIn(browser, login!)).toBe(SETTINGS_AFTER_LOGIN);
    const { status, text } = await browser.fetch(SETTINGS_AFTER_LOGIN);
    expect([status, text.includes('settings 0 dummy')]).toEqual([200, true]);
  });

  it('is redirected to the login after a form too, but is denied if that login has changed nothing', async () => {
    const browser = deployment.browser();
    const led = await post(browser, SETTINGS, await hiddenFields(browser, '/if/flow/login/'));
    expect([led.status, led.headers.get('location')]).toEqual([
      303,
      expect.stringMatching(/^\/flows\/-\/default\/authentication\/\?next=/),
    ]);
    const { status, text } = await deployment.browser().fetch(`${SETTINGS}&after_login=1`);

    expect([status, text.includes('You need to be logged in to go on here.')]).toEqual([200, true]);
  });

  it('gets the denial of authentik from the API, with the reason in a header', async () => {
    const { status, body, headers } = await deployment.browser().show('settings');

    expect([status, headers.get('x-gatehouse-reason')]).toEqual([200, 'error_message=login_required']);
    expect(body).toMatchObject(NOT_ADMITTED);
    expect(Object.keys(body).sort()).toEqual([
      ...['component', 'error_message', 'flow_info', 'pending_user', 'pending_user_avatar'],
    ]);
  });
});

describe('a user who is logged in', () => {
  it('is redirected from a login to its next, but never to another site', async () => {
    const browser = await loggedIn();

    for (const [query, to] of [
      ['', '/'],
      ['?next=%2Fapp', '/app'],
      ['?next=%2F%2Fevil.example', '/'],
      ['?next=https%3A%2F%2Fevil.example%2F', '/'],
    ])
      expect([query, await locationOf(browser, `/if/flow/login/${query}`)]).toEqual([query, to]);
    expect((await browser.show('login')).body).toMatchObject(NOT_ADMITTED);
  });

  it('sees on the page of a closed flow why it is closed, and a link to continue', async () => {
    const browser = await loggedIn();
    const join = (await browser.fetch('/if/flow/join/')).text;
    const administration = (await browser.fetch('/if/flow/administration/')).text;

    expect(join).toContain('You are logged in as alice.');
    expect(join).toContain('href="/flows/-/default/invalidation/?next=%2Fif%2Fflow%2Fjoin%2F"');
    expect(administration).toContain('Only administrators may go on here.');
    expect(administration).toContain('<a class="main" href="/">');
  });
});

describe('a refused login without JavaScript', () => {
  it('keeps the username in a step with username and password, and shows the error at the password', async () => {
    const typed = { uid_field: '"alice"', password: 'not-her-password' };
    const { text } = await submit(deployment.browser(), '/if/flow/combined/', typed);
    const [password] = /<input [^>]*name="password"[^>]*>/.exec(text) ?? [];

    expect(text).toMatch(/<input [^>]*name="uid_field"[^>]* value="&quot;alice&quot;"/);
    expect(password).toMatch(/ autofocus.* aria-invalid="true" aria-describedby="password-error"/);
    expect(password).not.toContain('value=');
    expect(text).toContain('<span>Wrong name or password. Try again or <a href="');
    expect(text).not.toContain('not-her-password');
  });

  it('says after the last wrong password what to do, and not whether the account exists', async () => {
    const endOf = async (uid_field: string) => {
      const browser = deployment.browser();
      await submit(browser, '/if/flow/login/?next=%2Fapp', { uid_field });
      await submit(browser, '/if/flow/login/?next=%2Fapp', { password: 'wrong' });
      const { status, text } = await submit(browser, '/if/flow/login/?next=%2Fapp', { password: 'wrong' });
      return { browser, status, text };
    };
    const { browser, status, text } = await endOf('alice');

    expect([status, /<h1[^>]*>([^<]*)/.exec(text)?.[1]]).toEqual([200, 'Too many attempts']);
    expect(text).toContain('The password was wrong too many times. Start again, or reset your password');
    expect(text).toContain('<a class="main" href="/if/flow/login/?next=%2Fapp">');
    expect(text).toContain('<a class="plain" href="/if/flow/recovery/?next=%2Fapp">');
    expect(await logIn(browser, '/if/flow/login/?next=%2Fapp')).toBe('/app');
    expect(sameForAll((await endOf('aliex')).text, 'aliex')).toBe(sameForAll(text, 'alice'));
  });

  it('ends with the denial of authentik in the API, with the reason in a header', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const first = await browser.solve('login', { password: 'wrong' });
    const last = await browser.solve('login', { password: 'wrong' });

    expect(first.headers.get('x-gatehouse-reason')).toBe('password=password_invalid');
    expect(first.body['response_errors']).toEqual({ password: [{ string: 'Invalid password', code: 'invalid' }] });
    expect(last.body).toMatchObject({ component: 'ak-stage-access-denied', error_message: 'Unknown error' });
    expect(last.headers.get('x-gatehouse-reason')).toBe('error_message=too_many_attempts');
  });
});

/** Returns a page without what differs between any two visits: the name and its picture, nonces, tokens and ids. */
const sameForAll = (text: string, name: string) =>
  text
    .replaceAll(name, 'NAME')
    .replaceAll(/data:image[^"]*/g, 'PICTURE')
    .replace(/nonce="[^"]*"/g, '')
    .replace(/"value":"[^"]*"/, '')
    .replace(/"run":"[^"]*"/, '');

describe('an unknown address', () => {
  const HTML = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

  it.each(['/if/flow/nowhere/', '/nowhere/', '/nowhere', '/flows/-/default/nowhere/', '/a%2Fb/'])(
    'returns a page with links to a browser, and JSON to a program: %s',
    async (address) => {
      const { status, text, headers } = await deployment.browser().fetch(address, HTML);
      expect([status, headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'nonce-");
      expect(/<title>([^<]*)/.exec(text)?.[1]).toBe('Page not found - Gatehouse');
      expect([...text.matchAll(/<a class="(?:main|plain)" href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
        '/',
        '/flows/-/default/authentication/',
      ]);
      if (address.startsWith('/if/flow/')) return;
      const { status: plain, body } = await deployment.browser().fetch(address);
      expect([plain, body['code']]).toEqual([404, 'not_found']);
    },
  );

  it('of the API returns JSON to a browser too', async () => {
    const { status, body } = await deployment.browser().fetch('/api/v3/nowhere/', HTML);

    expect([status, body]).toEqual([404, { detail: 'Not found.', code: 'not_found' }]);
  });
});

describeInChromium('a visitor in a browser with JavaScript', () => {
  const chromium = useChromium();

  it('is redirected from a flow to the login and, after wrong passwords and a new start, back to the flow', async () => {
    const { page, complaints } = await chromium.open();
    const enter = async (label: string, text: string) => {
      await page.getByLabel(label, { exact: true }).fill(text);
      await page.keyboard.press('Enter');
    };
    await page.goto(deployment.url + SETTINGS);
    await enter('Username or email', 'alice');
    await enter('Password', 'wrong');
    await page.getByText('Wrong password. Try again or reset it.').waitFor();
    await enter('Password', 'wrong again');
    await page.getByRole('heading', { name: 'Too many attempts' }).waitFor();
    expect(await page.getByRole('link', { name: 'Reset the password' }).getAttribute('href')).toMatch(
      /^\/if\/flow\/recovery\/\?next=%2Fif%2Fflow%2Fsettings%2F/,
    );
    await page.getByRole('link', { name: 'Start again' }).click();
    await enter('Username or email', 'alice');
    await enter('Password', RIGHT);
    await page.waitForURL(deployment.url + SETTINGS_AFTER_LOGIN);

    expect(complaints).toEqual([]);
  });
});
