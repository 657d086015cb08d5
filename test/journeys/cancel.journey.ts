import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';

const CANCEL = '/flows/-/cancel/';
const NEXT = 'next=%2Fapp%2F%3Fa%3Db';
const DENY = { stage: 'deny.denystage', attrs: { deny_message: 'Not today' } };
let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('bob')],
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('recovery', [IDENTIFICATION, DUMMY], { designation: 'recovery' }),
        flowEntries('enrolment', [DUMMY, DUMMY], { designation: 'enrollment' }),
        flowEntries('refusing', [IDENTIFICATION, DENY]),
        flowEntries('settings', [DUMMY], {
          designation: 'stage_configuration',
          authentication: 'require_authenticated',
        }),
        flowEntries('bye', [DUMMY, LOGOUT], { designation: 'invalidation' }),
      ),
    ],
  });
});
afterAll(() => deployment?.close());

/**
 * Opens the link "Not you?" on a page, by default without a `Referer`. Returns the address to which the link redirects.
 */
async function cancel(browser: Browser, page?: string) {
  const init = page === undefined ? {} : { headers: { referer: deployment.url + page } };
  const { status, headers } = await browser.fetch(CANCEL, init);
  expect(status).toBe(302);
  return headers.get('location');
}
const queryOf = (address: string) => address.slice(address.indexOf('?') + 1);
async function logIn(browser: Browser, query = '', user = 'alice') {
  await browser.solve('login', { uid_field: user }, query);
  return (await browser.solve('login', { password: 'correct-horse-7' }, query)).body;
}

describe('"Not you?" redirects an anonymous visitor to the start of the same flow', () => {
  it('of a login, with its next, which still applies after the login', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'bob' }, NEXT);
    expect(await cancel(browser)).toBe(`/if/flow/login/?${NEXT}`);
    expect((await browser.show('login', NEXT)).body).toMatchObject({ component: 'ak-stage-identification' });
    expect(await logIn(browser, NEXT)).toEqual({ component: 'xak-flow-redirect', to: '/app/?a=b' });
  });

  it.each([
    ['recovery', { uid_field: 'alice' }, `x=1&${NEXT}`],
    ['enrolment', {}, `itoken=6a7c4a0e-3a09-4a5e-9a0f-6c1f2b7d8e9f&${NEXT}`],
  ])('of the flow %s, with its query', async (slug, answer, query) => {
    const browser = deployment.browser();
    await browser.solve(slug, answer, query);
    expect(await cancel(browser)).toBe(`/if/flow/${slug}/?${query}`);
  });

  it('that the page of the link belongs to, if the session has several plans', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' }, NEXT);
    await browser.solve('recovery', { uid_field: 'alice' });
    expect(await cancel(browser, `/if/flow/login/?${NEXT}`)).toBe(`/if/flow/login/?${NEXT}`);
  });

  it('with the `next` of the link if the page has none, even if it is not encoded', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const { headers } = await browser.fetch(`${CANCEL}?next=/app/?a=b`);
    expect(headers.get('location')).toBe(`/if/flow/login/?${NEXT}`);
  });

  it('after a denial, with its next', async () => {
    const browser = deployment.browser();
    const denied = await browser.solve('refusing', { uid_field: 'alice' }, NEXT);
    expect(denied.body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await cancel(browser, `/if/flow/refusing/?${NEXT}`)).toBe(`/if/flow/refusing/?${NEXT}`);
    expect(await cancel(deployment.browser(), `/if/flow/refusing/?${NEXT}`)).toBe(`/if/flow/refusing/?${NEXT}`);
  });

  it.each(['//evil.example', 'https://evil.example/', '/\\evil.example'])(
    'without a next that leads to another site: %s (accident 10)',
    async (next) => {
      const [withPlan, withPage] = [deployment.browser(), deployment.browser()];
      const query = new URLSearchParams({ next }).toString();
      await withPlan.solve('login', { uid_field: 'alice' }, query);
      expect(await cancel(withPlan)).toBe('/if/flow/login/');
      expect(await cancel(withPage, `/if/flow/login/?${query}`)).toBe('/if/flow/login/');
      const { headers } = await withPage.fetch(CANCEL, {
        headers: { referer: `https://evil.example/if/flow/x/?${NEXT}` },
      });
      expect(headers.get('location')).toBe('/flows/-/default/invalidation/');
    },
  );
});

describe('"Not you?" logs a user out', () => {
  it('in the invalidation flow, which redirects to the cancelled flow with its next, where another user can log in', async () => {
    const browser = deployment.browser();
    await logIn(browser);
    await browser.show('settings', NEXT);
    const target = `/if/flow/settings/?${NEXT}`;
    const logout = await cancel(browser);
    expect(logout).toBe(`/flows/-/default/invalidation/?next=${encodeURIComponent(target)}`);
    const query = new URL(logout ?? '', deployment.url).search.slice(1);
    expect((await browser.show('bye', query)).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(await usernameOf(browser)).toBe('alice');
    const { body } = await browser.solve('bye', {}, query);
    // The redirect carries the cross-site mark, because another site may have chosen its target
    // (docs/spec/executor.md#cross-site).
    expect(body).toEqual({ component: 'xak-flow-redirect', to: `${target}&cross_site=1` });
    expect(await usernameOf(browser)).toBeUndefined();
    const toLogin = await browser.fetch(`${target}&cross_site=1`);
    const login = (await browser.fetch(toLogin.headers.get('location')!)).headers.get('location')!;
    expect(login).toMatch(/^\/if\/flow\/login\/\?next=/);
    const { to } = await logIn(browser, queryOf(login), 'bob');
    expect(to).toBe(`${target}&cross_site=1&after_login=1`);
    expect((await browser.show('settings', queryOf(String(to)))).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(await usernameOf(browser)).toBe('bob');
  });

  it('unless the link has stay=1', async () => {
    const browser = deployment.browser();
    await logIn(browser);
    await browser.show('settings', NEXT);
    const refused = await browser.fetch(`${CANCEL}?stay=1`);
    expect([refused.headers.get('location'), await usernameOf(browser)]).toEqual(['/', 'alice']);
  });

  it('and then redirects to the original next if the cancelled flow is the logout itself', async () => {
    const browser = deployment.browser();
    await logIn(browser);
    await browser.show('bye', NEXT);
    expect(await cancel(browser)).toBe(`/flows/-/default/invalidation/?${NEXT}`);
  });
});

describeInChromium('in a browser', () => {
  const chromium = useChromium();

  it('"Not you?" keeps next, with and without JavaScript', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await chromium.open({ javaScriptEnabled });
      await page.goto(`${deployment.url}/if/flow/login/?next=%2F%3Fafter`);
      await page.getByLabel('Username or email', { exact: true }).fill('bob');
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Not you?' }).click();
      await page.waitForURL(`${deployment.url}/if/flow/login/?next=%2F%3Fafter`);
      await page.getByLabel('Username or email', { exact: true }).fill('alice');
      await page.keyboard.press('Enter');
      await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${deployment.url}/if/user/?after`);
      expect(await page.textContent('main')).toContain('You are signed in as alice.');
    }
  });
});
