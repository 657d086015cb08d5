import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  EMAIL,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { hiddenFields, post, submit } from '../support/forms.js';
import { Mailbox } from '../support/mailbox.js';
import { linkingSite, navigate, restorerOf, type Site } from '../support/navigation.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { readMail } from '../support/read-mail.js';

const DELETION = '/if/flow/delete/';
const LOGOUT_PAGE = '/if/flow/logout/';
const QUESTION = 'Another website sent you here. Continue only if you want to.';
/** Headers of a form that another site submits. The browser sends no cookie with it. */
const FORGED_FORM = {
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'https://evil.example',
  'sec-fetch-site': 'cross-site',
};
const USERS = ['ann', 'ben', 'cleo', 'dan', 'eve', 'finn', 'gina', 'hugo', 'iris', 'jack', 'kim', 'leo'];

let deployment: Deployment;
let mailbox: Mailbox;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'courier'],
    environment: mailbox.settings,
    blueprints: [
      blueprint(
        ...[...USERS, 'root'].map((name) => userEntry(name)),
        { ...groupEntry('admins'), attrs: { is_superuser: true, users: [keyOf('user root')] } },
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
        flowEntries('delete', [{ stage: 'user_delete.userdeletestage' }], {
          ...{ designation: 'unenrollment', authentication: 'require_authenticated' },
        }),
        flowEntries('app', [{ stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: '6' } }], {
          designation: 'stage_configuration',
        }),
        fieldEntry('new', ['username', 'username']),
        flowEntries(
          'invited',
          [{ stage: 'invitation.invitationstage' }, asking('new', ['username']), writing('always_create'), LOGIN],
          { designation: 'enrollment' },
        ),
        flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
      ),
    ],
  });
}, 120_000);
afterAll(async () => {
  await deployment?.close();
  await mailbox?.close();
});

async function loggedIn(username: string): Promise<Browser> {
  const browser = deployment.browser();
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  expect(await nameOf(browser)).toBe(username);
  return browser;
}
const nameOf = async (browser: Browser) =>
  ((await browser.fetch('/api/v3/core/users/me/')).body['user'] as { username?: string } | undefined)?.username;
const userExists = async (username: string) =>
  (await deployment.rows('SELECT FROM directory.users WHERE username = $1', [username])).length === 1;

const open = (browser: Browser, address: string, site: Site) => navigate(browser, address, { site });

const asksForConfirmation = ({ text }: Pick<BrowserResponse, 'text'>) => text.includes(QUESTION);

describe.each(['cross-site', 'same-site'] as const)('a navigation from another site (%s)', (site) => {
  const [deletingUser, stayingUser, apiUser, lateUser] = site === 'cross-site' ? USERS.slice(0, 4) : USERS.slice(4, 8);

  it('requires confirmation before it deletes an account', async () => {
    const browser = await loggedIn(deletingUser!);
    const origins = [site, site, 'same-origin'] as const;
    for (const from of origins) {
      const confirmation = asksForConfirmation(await open(browser, DELETION, from));
      expect([await userExists(deletingUser!), confirmation]).toEqual([true, true]);
    }

    expect((await submit(browser, DELETION, {})).status).toBe(303);
    expect(await userExists(deletingUser!)).toBe(false);
  });

  it('requires confirmation before it logs out, also by the default invalidation address', async () => {
    const browser = await loggedIn(stayingUser!);
    const confirmation = asksForConfirmation(await open(browser, '/flows/-/default/invalidation/', site));
    expect([await nameOf(browser), confirmation]).toEqual([stayingUser, true]);

    await submit(browser, LOGOUT_PAGE, {});
    expect(await nameOf(browser)).toBeUndefined();
  });

  it('does not cancel a running flow', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: stayingUser });
    const confirmation = asksForConfirmation(await open(browser, '/flows/-/cancel/', site));
    const { body } = await browser.show('login');
    expect([body, confirmation]).toMatchObject([{ component: 'ak-stage-password', pending_user: stayingUser }, true]);
  });

  it('requires confirmation through the executor API too', async () => {
    const browser = await loggedIn(apiUser!);
    const { body } = await open(browser, '/api/v3/flows/executor/delete/?query=next%3D%252Fapp%252F', site);
    expect(await userExists(apiUser!)).toBe(true);
    expect(body).toEqual({
      ...{ component: 'ak-stage-consent', header_text: QUESTION, permissions: [], additional_permissions: [] },
      ...{ pending_user: apiUser, pending_user_avatar: expect.any(String), flow_info: expect.any(Object) },
      token: expect.any(String),
    });
    for (const token of [undefined, null, 7, 'guessed'])
      expect((await browser.solve('delete', { component: 'ak-stage-consent', token })).body).toMatchObject({
        ...{ component: 'ak-stage-consent', token: body['token'] },
        response_errors: { token: [{ code: 'invalid' }] },
      });
    expect((await browser.show('delete')).body).toMatchObject({ component: 'ak-stage-consent', token: body['token'] });
    expect(await userExists(apiUser!)).toBe(true);

    const done = await browser.solve('delete', { component: 'ak-stage-consent', token: body['token'] });
    expect(done.body).toEqual({ component: 'xak-flow-redirect', to: '/' });
    expect(await userExists(apiUser!)).toBe(false);
  });

  it('requires confirmation after the login to which it redirects', async () => {
    const browser = deployment.browser();
    const entry = await open(browser, `/if/flow/login/?next=${encodeURIComponent(DELETION)}`, site);
    await submit(browser, entry.address, { uid_field: lateUser! });
    const { headers } = await submit(browser, entry.address, { password: 'correct-horse-7' });
    const confirmation = asksForConfirmation(await open(browser, headers.get('location') ?? '', 'same-origin'));
    expect([await userExists(lateUser!), confirmation]).toEqual([true, true]);
  });
});

describe('a flow that another site opened', () => {
  it('requires confirmation even if the plan was started at another address of this site', async () => {
    const root = await loggedIn('root');
    const begin = (site: Site) => open(root, '/api/v3/flows/instances/delete/execute/', site);
    await begin('cross-site');
    const confirmation = asksForConfirmation(await open(root, DELETION, 'cross-site'));
    expect([await userExists('root'), confirmation]).toEqual([true, true]);
    await begin('same-origin');
    const { body } = await open(root, '/api/v3/flows/executor/delete/?query=', 'cross-site');
    expect([await userExists('root'), body['component']]).toEqual([true, 'ak-stage-consent']);
  });

  it('requires confirmation even when it is opened by the link on its error page', async () => {
    const form = { method: 'POST', body: 'uid_field=leo', headers: FORGED_FORM };
    const { status, text } = await deployment.browser().fetch(DELETION, form);
    const [, tryAgain = ''] = /<a class="main" href="([^"]+)"/.exec(text) ?? [];
    const leo = await loggedIn('leo');
    const confirmation = asksForConfirmation(await open(leo, tryAgain, 'same-origin'));
    expect([status, await userExists('leo'), confirmation]).toEqual([403, true, true]);
  });

  it('asks for confirmation in the language of the visitor', async () => {
    const browser = deployment.browser('de');
    const { text } = await open(browser, LOGOUT_PAGE, 'cross-site');
    expect(/<p class="lead">(.*?)<\/p>/.exec(text)?.[1]).toMatch(/^Eine andere Website hat Sie hierher geführt\./);
  });

  it('requires confirmation when the page script loads the challenge with cross_site=1', async () => {
    const { text } = await open(deployment.browser(), LOGOUT_PAGE, 'cross-site');
    expect(text.includes('"cross_site":true')).toBe(true);
    const kim = await loggedIn('kim');
    expect((await kim.show('logout', 'cross_site=1')).body).toMatchObject({ component: 'ak-stage-consent' });
  });
});

describe('no confirmation is required', () => {
  it.each(['same-origin', 'none', undefined] as const)('for a request with Sec-Fetch-Site %s', async (site) => {
    for (const client of ['page', 'executor']) {
      const browser = await loggedIn('iris');
      if (client === 'page') await (site ? open(browser, LOGOUT_PAGE, site) : browser.fetch(LOGOUT_PAGE));
      else
        await browser.fetch('/api/v3/flows/executor/logout/?query=', site && { headers: { 'sec-fetch-site': site } });
      expect(await nameOf(browser)).toBeUndefined();
    }
  });

  it('to cancel on a page of this site', async () => {
    const browser = await loggedIn('iris');
    expect((await open(browser, '/flows/-/cancel/', 'same-origin')).address).toContain('/if/flow/login/');
    expect(await nameOf(browser)).toBeUndefined();
  });

  it('to log in from any site, because the visitor enters the username first', async () => {
    const browser = deployment.browser();
    await open(browser, '/flows/-/default/authentication/?next=%2Fif%2Fuser%2F', 'cross-site');
    const page = '/if/flow/login/?next=%2Fif%2Fuser%2F';
    await submit(browser, page, { uid_field: 'iris' });
    const done = await submit(browser, page, { password: 'correct-horse-7' });

    expect([done.status, done.headers.get('location')]).toEqual([303, '/if/user/']);
    expect(await nameOf(browser)).toBe('iris');
  });

  it('for flows that show a form before any effect: an invitation, the setup of a device', async () => {
    const root = await loggedIn('root');
    const invitation = await root.fetch('/api/v3/stages/invitation/invitations/', {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ name: 'friends', single_use: true }),
    });
    const [page, guest] = [`/if/flow/invited/?itoken=${String(invitation.body['pk'])}`, deployment.browser()];
    expect((await open(guest, page, 'cross-site')).text.includes('name="username"')).toBe(true);
    await submit(guest, page, { username: 'guest' });
    expect(await nameOf(guest)).toBe('guest');

    expect((await open(root, '/if/flow/app/', 'cross-site')).text.includes('name="code"')).toBe(true);
  });

  it('for a mailed link, which has its own confirmation', async () => {
    await deployment.browser().solve('back', { uid_field: 'jack' });
    const { link } = readMail(await mailbox.mailTo('jack@example.org'));
    const [browser, page] = [deployment.browser(), link.pathname + link.search];
    const { text } = await open(browser, page, 'cross-site');
    expect([text.includes('You have followed the link in our email.'), asksForConfirmation({ text })]).toEqual([
      true,
      false,
    ]);

    await post(browser, page, await hiddenFields(browser, page));
    expect(await nameOf(browser)).toBe('jack');
  });
});

describeInChromium('a link on another site, in a browser', () => {
  const chromium = useChromium();
  let other: Awaited<ReturnType<typeof linkingSite>>;
  beforeAll(async () => {
    other = await linkingSite([DELETION, '/flows/-/default/invalidation/'].map((to) => deployment.url + to));
  });
  afterAll(() => other.close());

  it('neither deletes the account nor logs out without a confirmation', async () => {
    const { page, complaints } = await chromium.open();
    const restore = await restorerOf(page);
    await page.goto(`${deployment.url}/if/flow/login/?next=%2Fif%2Fuser%2F`);
    await page.getByLabel('Username or email').fill('leo');
    await page.keyboard.press('Enter');
    await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${deployment.url}/if/user/`);

    await page.goto(other.url);
    await page.getByText('/flows/-/default/invalidation/').click();
    await page.getByText(QUESTION).waitFor();
    await page.goto(`${deployment.url}/if/user/`);
    expect(await page.textContent('main')).toContain('You are signed in as leo.');

    await page.goto(other.url);
    await page.getByText(DELETION).click();
    await page.getByText(QUESTION).waitFor();
    await page.reload();
    await page.getByText(QUESTION).waitFor();
    // Deletes the plan before the browser restores the page from its back/forward cache.
    await deployment.rows('DELETE FROM flow.plans');
    const confirmation = page.waitForResponse(/executor\/delete/);
    await restore();
    await confirmation;
    await page.getByText(QUESTION).waitFor();
    expect(await userExists('leo')).toBe(true);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Username or email').waitFor();
    expect(await userExists('leo')).toBe(false);
    expect(complaints).toEqual([]);
  });
});
