import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from '../support/access.js';
import {
  blueprint,
  flowEntries,
  groupEntry,
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
import { post } from '../support/forms.js';
import { PHONE, smallTargetsOf } from '../support/targets.js';

let deployment: Deployment;
const page = '/if/user/';

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice', { name: 'Alice <b>Example</b>' }),
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        groupEntry('staff', { users: ['alice'] }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
  });
});
afterAll(() => deployment.close());

async function loggedIn(username: string): Promise<Browser> {
  const browser = deployment.browser();
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  return browser;
}

/** Returns the ids of the sessions for which the page has an “End” form. */
const endableSessions = async (browser: Browser) => {
  const { text } = await browser.fetch(page);
  return [...text.matchAll(/name="session" value="([^"]+)"/g)].map(([, id]) => id!);
};

const isLoggedIn = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status === 200;

describe('the account page', () => {
  it('is the destination of the redirect at /, and redirects anonymous visitors to the login', async () => {
    const alice = await loggedIn('alice');
    expect((await alice.fetch('/?from=mail?a')).headers.get('location')).toBe('/if/user/?from=mail?a');
    const anonymous = deployment.browser();
    const login = '/flows/-/default/authentication/?next=%2Fif%2Fuser%2F';

    expect((await anonymous.fetch(page)).headers.get('location')).toBe(login);
    expect((await post(anonymous, page, { session: 'x' })).headers.get('location')).toBe(login);
  });

  it('shows the user’s details and escapes the user’s name', async () => {
    const { status, text } = await (await loggedIn('alice')).fetch(page);

    expect(status).toBe(200);
    expect(text).toContain('You are signed in as alice.');
    expect(text).toContain('Alice &lt;b>Example&lt;/b>');
    expect(text).toContain('<dd>staff</dd>');
    expect(text).not.toContain('<b>Example');
  });

  it.each([
    ['de', /^<time datetime="[^"]+Z" title="\d+\. \p{L}+ \d{4} um \d\d:\d\d UTC">jetzt</u],
    ['ar', /^<time datetime="[^"]+Z" title="\d+ \p{L}+ \d{4} في \d+:\d\d [صم] UTC">الآن</u],
  ])(
    'shows when a session was last used, and as a title the date and time, in the language %s',
    async (language, time) => {
      const alice = await loggedIn('alice');
      const { text } = await alice.fetch(page, { headers: { 'accept-language': language } });

      expect(text.slice(text.indexOf('<time ')).replaceAll(/\s/gu, ' ')).toMatch(time);
    },
  );

  it('ends another session of the user by a form', async () => {
    const [current, other] = [await loggedIn('alice'), await loggedIn('alice')];
    const others = await endableSessions(current);
    for (const session of others) {
      const { status, headers } = await post(current, page, { session, csrf_token: current.cookie('authentik_csrf')! });
      expect([status, headers.get('location')]).toEqual([303, page]);
    }

    expect(others.length).toBeGreaterThan(0);
    expect(await endableSessions(current)).toEqual([]);
    expect([await isLoggedIn(current), await isLoggedIn(other)]).toEqual([true, false]);
  });

  it('refuses a form without the CSRF token, and shows the reason', async () => {
    const [current, other] = [await loggedIn('alice'), await loggedIn('alice')];
    for (const fields of [{}, { csrf_token: 'A'.repeat(32) }]) {
      const { status, text } = await post(current, page, { session: (await endableSessions(current))[0]!, ...fields });
      expect(status).toBe(403);
      expect(text).toContain('This page was open for too long.');
    }

    expect(await isLoggedIn(other)).toBe(true);
  });

  it('neither shows nor ends sessions of other users, even for an administrator', async () => {
    const [alice, root] = [await loggedIn('alice'), await loggedIn('root')];
    const listed = (await alice.fetch('/api/v3/core/authenticated_sessions/')).body['results'] as { uuid: string }[];
    for (const { uuid } of listed) expect(await endableSessions(root)).not.toContain(uuid);
    for (const { uuid } of listed)
      await post(root, page, { session: uuid, csrf_token: root.cookie('authentik_csrf')! });
    await post(root, page, { session: 'no uuid', csrf_token: root.cookie('authentik_csrf')! });

    expect(listed.length).toBeGreaterThan(0);
    expect(await isLoggedIn(alice)).toBe(true);
  });
});

describeInChromium('the account page in a browser', () => {
  const chromium = useChromium();

  const logIn = async (tab: Page) => {
    await tab.goto(`${deployment.url}/`);
    await tab.getByLabel('Username or email').fill('alice');
    await tab.keyboard.press('Enter');
    await tab.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await tab.keyboard.press('Enter');
    await tab.waitForURL(`${deployment.url}${page}`);
  };

  it('has no accessibility faults in left-to-right and right-to-left languages, nor small controls on a phone', async () => {
    const { page: tab, complaints } = await chromium.open();
    await logIn(tab);
    await loggedIn('alice');
    for (const [language, direction] of [
      ['en', 'ltr'],
      ['ar', 'rtl'],
    ] as const) {
      await tab.setExtraHTTPHeaders({ 'accept-language': language });
      await tab.reload();
      expect(await tab.locator('html').getAttribute('dir')).toBe(direction);
      expect(await faultsOf(tab)).toEqual([]);
    }
    await tab.setViewportSize(PHONE.viewport);
    expect(await smallTargetsOf(tab)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.each([true, false])('ends sessions and logs out, JavaScript enabled: %s', async (javaScriptEnabled) => {
    const { page: tab, complaints } = await chromium.open({ javaScriptEnabled });
    await logIn(tab);
    const other = await loggedIn('alice');
    await tab.reload();
    expect(await tab.getByText('This one').count()).toBe(1);
    for (let left = await tab.getByRole('button').count(); left > 0; left--) {
      await tab
        .getByRole('button', { name: /^End the session of/ })
        .first()
        .click();
      await tab.waitForLoadState();
    }
    expect(await isLoggedIn(other)).toBe(false);
    await tab.getByRole('link', { name: 'Sign out' }).click();
    await tab.waitForURL(/\/if\/flow\/login\//);

    expect(complaints).toEqual([]);
  });
});
