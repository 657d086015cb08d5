import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from '../support/access.js';
import {
  blueprint,
  brandEntry,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { recordedEvents } from '../support/recorded-events.js';

const ME = '/api/v3/core/users/me/';
const SWITCH = '/api/v3/core/users/switch/';
const SESSIONS = '/api/v3/core/authenticated_sessions/';
const COOKIE = 'authentik_user_switching';
const RIGHT = { password: 'correct-horse-7' };
const KEY = 'b'.repeat(40); // not-a-secret
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;

let deployment: Deployment;
const pks: Record<string, number> = {};
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    gateway: { BROWSER_USERS_MAX: '3', TRUSTED_PROXIES: '127.0.0.1' },
    blueprints: [
      blueprint(
        ...NAMES.map((name) => userEntry(name)),
        tokenEntry('alice', KEY),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { authentication: 'require_unauthenticated' }),
        flowEntries('bound', [IDENTIFICATION, PASSWORD, { ...LOGIN, attrs: { network_binding: 'bind_asn' } }]),
        // The login stage of this flow is skipped, so the session of the other user continues unchanged.
        flowEntries('switch', [PASSWORD, LOGIN], {
          ...{ authentication: 'require_authenticated', designation: 'stage_configuration' },
        }),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
        brandEntry('authentik-default', {
          ...{ default: true, flow_authentication: keyOf('login'), flow_invalidation: keyOf('logout') },
          flow_user_switch: keyOf('switch'),
        }),
      ),
    ],
  });
  const rows = await deployment.rows<{ username: string; pk: number }>('SELECT username, pk FROM directory.users');
  for (const { username, pk } of rows) pks[username] = pk;
}, 120_000);
afterAll(() => deployment?.close());

async function logIn(username: string, slug = 'login', browser = deployment.browser()): Promise<Browser> {
  await browser.solve(slug, { uid_field: username });
  await browser.solve(slug, RIGHT);
  return browser;
}
const start = (browser: Browser, body: object, headers: Readonly<Record<string, string>> = {}) =>
  browser.fetch(SWITCH, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) },
  });
const to = (browser: Browser, username: string) => start(browser, { user_pk: pks[username] });
async function add(browser: Browser, username: string): Promise<Browser> {
  expect(await start(browser, { action: 'add' })).toMatchObject({ status: 200, body: { redirect: '/if/flow/login/' } });
  return logIn(username, 'login', browser);
}
async function switchTo(browser: Browser, username: string) {
  expect(await to(browser, username)).toMatchObject({ status: 200, body: { redirect: '/if/flow/switch/' } });
  await browser.show('switch');
  return browser.solve('switch', RIGHT);
}
const namesOf = async (browser: Browser) =>
  ((await browser.fetch(ME)).body['users'] as { username: string; is_current: boolean }[]).map(
    ({ username, is_current }) => (is_current ? `[${username}]` : username),
  );
const isRefused = async (key: string | undefined) => {
  const thief = deployment.browser();
  thief.plant(key);
  return (await usernameOf(thief)) === undefined;
};

describe('a browser with several users', () => {
  it('adds a user by a login, and keeps the session of the other user, whose old key becomes invalid', async () => {
    const browser = await logIn('alice');
    expect(await namesOf(browser)).toEqual(['[alice]']);
    expect((await browser.show('login')).body).toMatchObject({ component: 'xak-flow-redirect' });
    const before = browser.cookie();
    expect((await start(browser, { action: 'add' })).body).toEqual({ redirect: '/if/flow/login/' });
    expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-identification' });
    expect(await usernameOf(browser)).toBe('alice');
    await browser.solve('login', { uid_field: 'bob' });
    const done = await browser.solve('login', RIGHT);
    expect(done.body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
    expect(done.setCookies.find((line) => line.startsWith(COOKIE))).toMatch(/; HttpOnly; SameSite=Lax/i);
    expect(done.text).not.toContain(browser.cookie(COOKIE));
    expect(await namesOf(browser)).toEqual(['[bob]', 'alice']);
    expect(await isRefused(before)).toBe(true);
  });

  it('changes to another user only after the steps of the flow, and gets new keys', async () => {
    const browser = await add(await logIn('alice'), 'bob');
    const [key, secret, csrf] = [browser.cookie(), browser.cookie(COOKIE), browser.cookie('authentik_csrf')];
    expect((await start(browser, { user_pk: pks['alice'] })).body).toEqual({ redirect: '/if/flow/switch/' });
    const shown = await browser.show('switch');
    expect(shown.body).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
    expect((await browser.solve('switch', { password: 'wrong' })).body).toHaveProperty('response_errors');
    expect(await namesOf(browser)).toEqual(['[bob]', 'alice']);
    const [step, current] = [(await browser.show('bound')).headers.get('x-gatehouse-step'), browser.cookie()];
    const done = await browser.solve('switch', RIGHT);
    expect(done.body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
    expect(await namesOf(browser)).toEqual(['[alice]', 'bob']);
    // A page that was opened for bob cannot act as alice: its keys, its tokens and its step are refused.
    expect([await isRefused(key), await isRefused(current)]).toEqual([true, true]);
    expect(browser.cookie(COOKIE)).not.toBe(secret);
    expect((await start(browser, { action: 'add' }, { 'x-authentik-csrf': csrf! })).status).toBe(403);
    const late = await browser.fetch('/api/v3/flows/executor/bound/', {
      ...{ method: 'POST', body: JSON.stringify({ uid_field: 'carol' }) },
      headers: { 'content-type': 'application/json', 'x-gatehouse-step': step! },
    });
    expect(late.headers.get('x-gatehouse-reason')).toBe('error=other_step');
    await switchTo(browser, 'bob');
    expect(await namesOf(browser)).toEqual(['[bob]', 'alice']);
  });

  it('continues to the destination after the switch, and does not switch if the destination is at another site', async () => {
    const browser = await add(await logIn('alice'), 'bob');
    const startWith = (next: string) =>
      browser.fetch(`${SWITCH}?${new URLSearchParams({ next }).toString()}`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ user_pk: pks['alice'] }),
      });
    for (const elsewhere of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
      await startWith(elsewhere);
      expect((await browser.solve('switch', RIGHT)).body).toMatchObject({
        ...{ component: 'ak-stage-access-denied', error_message: 'Invalid next URL' },
      });
    }
    expect(await namesOf(browser)).toEqual(['[bob]', 'alice']);
    const next = await startWith('/x');
    expect(next.body).toEqual({ redirect: '/if/flow/switch/?next=%2Fx' });
    expect((await browser.solve('switch', RIGHT)).body).toMatchObject({ to: '/x' });
  });

  it('cannot add a user when it has the maximum number of users', async () => {
    const browser = await add(await add(await logIn('alice'), 'bob'), 'carol');
    expect(await start(browser, { action: 'add' })).toMatchObject({
      status: 400,
      body: { non_field_errors: ['Ensure that no more than 3 users are logged in.'] },
    });
    expect(await namesOf(browser)).toEqual(['[carol]', 'alice', 'bob']);
  });

  it('records both users of a switch in the event', async () => {
    const browser = await add(await logIn('dave'), 'erin');
    await switchTo(browser, 'dave');
    const events = (await recordedEvents(deployment, 'user_switched')).map(({ data }) => data);
    expect(
      events.filter(({ user }) => user?.kind === 'saved' && ['dave', 'erin'].includes(user.username)),
    ).toMatchObject([
      {
        actor: { username: 'dave' },
        user: { username: 'erin' },
        context: { action: 'add', from_user: { username: 'dave' } },
      },
      {
        ...{ actor: { username: 'erin' }, user: { username: 'dave' } },
        context: { action: 'switch', from_user: { pk: pks['erin'], username: 'erin' } },
      },
    ]);
  });
});

describe('the account page', () => {
  const PAGE = '/if/user/';
  const submit = (browser: Browser, fields: Readonly<Record<string, string>>) =>
    browser.fetch(PAGE, {
      ...{ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      body: new URLSearchParams(fields).toString(),
    });
  const tokenOf = (text: string) => /name="csrf_token" value="([^"]+)"/.exec(text)![1]!;

  it('switches to another user and adds one, and a page of the previous user cannot switch', async () => {
    const browser = await add(await logIn('alice'), 'bob');
    const { text } = await browser.fetch(PAGE);
    const form = { csrf_token: tokenOf(text), switch_to: String(pks['alice']) };
    expect(text).toContain('Switch to alice');
    const flow = await submit(browser, form);
    expect([flow.status, flow.headers.get('location')]).toEqual([303, '/if/flow/switch/']);
    await browser.solve('switch', RIGHT);
    expect(await usernameOf(browser)).toBe('alice');
    expect((await submit(browser, { ...form, switch_to: String(pks['bob']) })).status).toBe(403);
    expect(await usernameOf(browser)).toBe('alice');
    const own = await browser.fetch(PAGE);
    const login = await submit(browser, { csrf_token: tokenOf(own.text), add_user: '1' });
    expect(login.headers.get('location')).toBe('/if/flow/login/');
    const gone = await submit(browser, { csrf_token: tokenOf(own.text), switch_to: String(pks['carol']) });
    expect(gone.headers.get('location')).toBe(PAGE);
  });
});

describe('a session or a switching cookie alone', () => {
  it('reveals no other user and cannot switch to one', async () => {
    const browser = await add(await logIn('alice'), 'bob');
    const [key, secret] = [browser.cookie(), browser.cookie(COOKIE)];
    const [keyOnly, secretOnly] = [deployment.browser(), deployment.browser()];
    keyOnly.plant(key);
    secretOnly.plant(secret, COOKIE);
    expect(await namesOf(keyOnly)).toEqual(['[bob]']);
    expect((await secretOnly.fetch(ME)).status).toBe(403);
    expect((await secretOnly.fetch(ME)).text).not.toContain('alice');
    expect((await to(secretOnly, 'alice')).status).toBe(403);
    await keyOnly.fetch('/if/user/');
    expect((await to(keyOnly, 'alice')).status).toBe(404);
  });

  it('does not make the login of another browser join its users', async () => {
    const attacker = await add(await logIn('alice'), 'bob');
    const victim = deployment.browser();
    victim.plant(attacker.cookie(COOKIE), COOKIE);
    await logIn('carol', 'login', victim);
    expect(await namesOf(victim)).toEqual(['[carol]']);
    expect((await to(victim, 'alice')).status).toBe(404);
    await add(victim, 'dave');
    expect(await namesOf(victim)).toEqual(['[dave]', 'carol']);
    expect(victim.cookie(COOKIE)).not.toBe(attacker.cookie(COOKIE));
    expect(await namesOf(attacker)).toEqual(['[bob]', 'alice']);
  });
});

describe('a request to switch', () => {
  it('is refused without a session, for an API token, from another site and without a CSRF token', async () => {
    const browser = await add(await logIn('alice'), 'bob');
    expect((await start(deployment.browser(), { action: 'add' })).status).toBe(403);
    const authorization = `Bearer ${KEY}`;
    expect(await start(deployment.browser(), { action: 'add' }, { authorization })).toMatchObject({
      ...{ status: 403, body: { code: 'proof_required' } },
    });
    for (const headers of [{ origin: 'https://evil.example' }, { 'x-authentik-csrf': 'x'.repeat(32) }])
      for (const body of [{ action: 'add' }, { user_pk: pks['alice'] }])
        expect(await start(browser, body, headers)).toMatchObject({ status: 403, body: { code: 'csrf_failed' } });
  });

  it('is refused with an error for each invalid field, and 404 for a user who is not in the browser', async () => {
    const browser = await add(await logIn('alice'), 'bob');
    expect(await start(browser, {})).toMatchObject({ status: 400, body: { user_pk: [expect.any(String)] } });
    expect(await start(browser, { user_pk: 'x' })).toMatchObject({
      status: 400,
      body: { user_pk: [expect.any(String)] },
    });
    expect(await start(browser, { action: 'x' })).toMatchObject({
      status: 400,
      body: { action: [expect.any(String)] },
    });
    for (const pk of [pks['bob'], pks['carol'], 2_000_000_000, -1])
      expect(await start(browser, { user_pk: pk })).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

describe('the session of another user', () => {
  it('is not listed and cannot be switched to when it has ended, even while the flow runs', async () => {
    const browser = await add(await logIn('alice'), 'bob');
    await to(browser, 'alice');
    await browser.show('switch');
    const own = await logIn('alice');
    const listed = (await own.fetch(SESSIONS)).body['results'] as { uuid: string; current: boolean }[];
    for (const { uuid } of listed.filter(({ current }) => !current))
      await own.fetch(`${SESSIONS}${uuid}/`, { method: 'DELETE' });
    expect(await namesOf(browser)).toEqual(['[bob]']);
    expect((await browser.solve('switch', RIGHT)).body).toMatchObject({
      ...{ component: 'ak-stage-access-denied', error_message: 'The other user is no longer signed in here.' },
    });
    expect(await usernameOf(browser)).toBe('bob');
    expect((await to(browser, 'alice')).status).toBe(404);
  });

  it('is not listed and cannot be switched to from another network if it is bound to one', async () => {
    const browser = await add(await logIn('alice', 'bound'), 'bob');
    const elsewhere = { 'x-forwarded-for': '198.51.100.7' };
    expect((await start(browser, { user_pk: pks['alice'] }, elsewhere)).status).toBe(404);
    expect(await namesOf(browser)).toEqual(['[bob]']);
  });

  it('stays when the current user logs out, is available again after a login, and ends at the last logout', async () => {
    const browser = await add(await add(await logIn('alice'), 'bob'), 'carol');
    await browser.show('logout');
    expect((await browser.fetch(ME)).status).toBe(403);
    expect(browser.cookie(COOKIE)).not.toBe('');
    await logIn('alice', 'login', browser);
    expect(await namesOf(browser)).toEqual(['[alice]', 'bob']);
    await switchTo(browser, 'bob');
    expect(await namesOf(browser)).toEqual(['[bob]', 'alice']);
    await browser.show('logout');
    await logIn('alice', 'login', browser);
    await browser.show('logout');
    expect(browser.cookie(COOKIE)).toBe('');
  });
});

describeInChromium('switching users in a browser', () => {
  const chromium = useChromium();
  const logIn = async (tab: Page, username: string) => {
    await tab.getByLabel('Username or email').fill(username);
    await tab.keyboard.press('Enter');
    await tab.getByLabel('Password', { exact: true }).fill(RIGHT.password);
    await tab.keyboard.press('Enter');
    await tab.getByText(`You are signed in as ${username}.`).waitFor();
  };

  it('works on the account page, and no page that was opened before acts as the other user', async () => {
    const { page: tab, complaints } = await chromium.open();
    await tab.goto(`${deployment.url}/`);
    await logIn(tab, 'alice');
    await tab.getByRole('button', { name: 'Sign in with another account' }).click();
    await logIn(tab, 'bob');
    const [account, flow] = [await tab.context().newPage(), await tab.context().newPage()];
    await account.goto(`${deployment.url}/if/user/`);
    await flow.goto(`${deployment.url}/if/flow/bound/`);
    await tab.getByRole('button', { name: 'Switch to alice' }).click();
    await tab.getByLabel('Password', { exact: true }).fill(RIGHT.password);
    await tab.keyboard.press('Enter');
    await tab.getByText('You are signed in as alice.').waitFor();
    expect(await faultsOf(tab)).toEqual([]);
    expect(complaints).toEqual([]);

    await account.getByRole('button', { name: 'Switch to alice' }).click();
    await account.getByText('This page was open for too long. Please try again.').waitFor();
    const answered = flow.waitForResponse((response) => response.request().method() === 'POST');
    await flow.getByLabel('Username or email').fill('carol');
    await flow.keyboard.press('Enter');
    expect((await answered).headers()['x-gatehouse-reason']).toBe('error=other_step');
    await tab.reload();
    await tab.getByText('You are signed in as alice.').waitFor();
  });
});
