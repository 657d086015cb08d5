import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { answersOf } from './answers.js';
import { useExamples } from './examples.js';

const EXECUTOR = '**/api/v3/flows/executor/**';

/** A reply of the executor, with the header that names the reasons of its texts. */
interface Reply {
  readonly body: object;
  readonly reasons?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Fulfils requests with a reply: all, or the next `times`, after which the reply of an earlier call applies. */
const replyWith = (page: Page, { body, reasons, status = 200, headers = {} }: Reply, times?: number) =>
  page.route(
    EXECUTOR,
    (route) =>
      route.fulfill({
        status,
        headers: { ...headers, ...(reasons ? { 'x-gatehouse-reason': reasons } : {}) },
        json: body,
      }),
    times === undefined ? {} : { times },
  );

/** The error that the API returns for a wrong name or password of a step that asks for both. */
const LOGIN_FAILED = {
  ...EXAMPLES['identification-password-refused'],
  response_errors: { non_field_errors: [{ string: 'Failed to authenticate.', code: 'invalid' }] },
};
const DENIED = { ...EXAMPLES['denied'], error_message: 'Unknown error' };

/** The error that screen readers announce with a field. */
const errorOf = (page: Page, field: string) => page.locator(`#${field}-error`);
const hrefs = (page: Page) =>
  page.locator('main .ways a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));

describeInChromium('a page with an error', () => {
  const chromium = useChromium();
  const examples = useExamples();

  async function opened(name: string) {
    const { page, complaints } = await chromium.openShared();
    await page.goto(examples.address(name));
    return { page, complaints };
  }

  it('marks the field by colour, icon and ARIA, also while the field has the focus', async () => {
    const { page } = await opened('password-refused');
    const field = page.locator('#password');
    const looks = await field.evaluate((input) => {
      const { borderTopColor, outlineStyle, outlineOffset } = getComputedStyle(input);
      const error = document.getElementById(`${input.id}-error`);
      const { color, fontSize } = getComputedStyle(error!);
      const { fontSize: bodySize } = getComputedStyle(document.body);
      return { borderTopColor, outlineStyle, outlineOffset, color, isBodySize: fontSize === bodySize };
    });

    expect(await field.evaluate((input) => input === document.activeElement)).toBe(true);
    expect(looks).toEqual({
      ...{ borderTopColor: looks.color, color: 'rgb(179, 38, 30)', isBodySize: true },
      // The focus ring is outside of the border, which keeps the colour of the error.
      ...{ outlineStyle: 'solid', outlineOffset: '2px' },
    });
    expect([await field.getAttribute('aria-invalid'), await field.getAttribute('aria-describedby')]).toEqual([
      'true',
      'password-error',
    ]);
    expect(await errorOf(page, 'password').locator('svg[aria-hidden=true]').count()).toBe(1);
  });

  it('says what to do next, with a link to reset the password if there is a recovery flow', async () => {
    const { page } = await opened('password-refused');
    const link = page.getByRole('link', { name: 'reset it' });
    expect(await errorOf(page, 'password').textContent()).toBe('Wrong password. Try again or reset it.');
    expect(await link.getAttribute('href')).toBe('/if/flow/recovery/');

    const { recovery_url: _none, ...withoutRecovery } = EXAMPLES['password-refused']!;
    await replyWith(page, { body: withoutRecovery });
    await page.locator('#password').fill('wrong-again');
    await page.keyboard.press('Enter');
    await page.getByText('Wrong password. Please try again.').waitFor();
    expect(await link.count()).toBe(0);
  });

  it('keeps the name of a refused login, clears and focuses the password, and shows the error there', async () => {
    const { page } = await opened('identification-password-refused');
    await replyWith(page, { body: LOGIN_FAILED, reasons: 'non_field_errors=identification_failed' });
    await page.locator('#uid_field').fill('alice');
    await page.locator('#password').fill('not-her-password');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#password')?.value === '');

    expect(await page.locator('#uid_field').inputValue()).toBe('alice');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('password');
    expect(await errorOf(page, 'password').textContent()).toBe(
      'Wrong name or password. Try again or reset the password.',
    );
    expect(await page.getByText('Failed to authenticate.').count()).toBe(0);
  });

  it("shows the API's own text for an unknown reason, and for a response without a reason", async () => {
    const { page } = await opened('password');
    const refused = {
      ...EXAMPLES['password'],
      response_errors: { password: [{ string: 'Not yet.', code: 'invalid' }] },
    };
    await replyWith(page, { body: refused, reasons: 'password=acme_not_yet' });
    await page.locator('#password').fill('x');
    await page.keyboard.press('Enter');
    await page.getByText('Not yet.').waitFor();
    await page.unroute(EXECUTOR);
    await replyWith(page, { body: DENIED });
    await page.locator('#password').fill('x');
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Permission denied' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('Unknown error');
  });

  it('says after the last attempt that there were too many, and links to a new start and to the recovery', async () => {
    const { page, complaints } = await chromium.openShared();
    await page.goto(`${examples.address('password')}?next=%2Fapp`);
    await replyWith(page, { body: DENIED, reasons: 'error_message=too_many_attempts' });
    await page.locator('#password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Too many attempts' }).waitFor();

    expect(await page.title()).toBe('Too many attempts - Example');
    expect(await page.getByRole('alert').textContent()).toContain('The password was wrong too many times.');
    expect(await page.getByText('Unknown error').count()).toBe(0);
    expect(await hrefs(page)).toEqual(['/if/flow/password/?next=%2Fapp', '/if/flow/recovery/?next=%2Fapp']);
    expect(complaints).toEqual([]);
  });

  it.each(['login_required', 'logged_in'])(
    'reloads after a login or logout in another tab, so that it can be redirected: %s',
    async (reason) => {
      const { page } = await opened('password');
      await replyWith(page, { body: DENIED, reasons: `error_message=${reason}` });
      await page.locator('#password').fill('x');
      const loaded = page.waitForEvent('load');
      await page.keyboard.press('Enter');
      await loaded;

      expect(page.url()).toBe(examples.address('password'));
      expect(await page.locator('#password').inputValue()).toBe('');
    },
  );

  it('says when to try again after too many attempts, and leaves the retry to the visitor', async () => {
    const { page } = await opened('password');
    const body = { detail: 'Request was throttled.', code: 'rate_limited' };
    await replyWith(page, { body, status: 429, headers: { 'retry-after': '600' } });
    await page.locator('#password').fill('x');
    await page.keyboard.press('Enter');
    const notice = page.getByRole('status').filter({ hasText: 'Too many attempts came from your network.' });
    await notice.waitFor();

    expect(await notice.locator('p').textContent()).toContain('Please try again in 10 minutes.');
    expect(await notice.getByRole('button', { name: 'Try again' }).count()).toBe(1);
    expect(await page.locator('#password').inputValue()).toBe('x');
  });

  it.each([
    ['repeats an answer that an overloaded gateway has refused unread', 'error=overloaded', ['POST', 'POST']],
    ['fetches the step after any other 503', '', ['POST', 'GET']],
  ])('%s', async (_, reasons, methods) => {
    const { page } = await opened('password');
    const sent: string[] = [];
    page.on('request', (request) => request.url().includes('/api/v3/flows/executor/') && sent.push(request.method()));
    const refused = {
      body: { component: 'ak-stage-flow-error' },
      reasons,
      status: 503,
      headers: { 'retry-after': '1' },
    };
    await replyWith(page, { body: DENIED });
    await replyWith(page, refused, 1);
    await page.locator('#password').fill('x');
    await page.keyboard.press('Enter');
    await page.locator('#password').waitFor({ state: 'detached' });

    expect(sent).toEqual(methods);
  });

  it('keeps the typed password when the session has changed, and asks to repeat the step', async () => {
    const { page } = await opened('password');
    const step = { headers: { 'x-gatehouse-step': 'run.step' } };
    await replyWith(page, { body: EXAMPLES['password']!, ...step });
    await replyWith(page, { body: { detail: 'CSRF Failed', code: 'csrf_failed' }, status: 403 }, 1);
    await replyWith(page, { body: EXAMPLES['password-refused']!, ...step }, 1);
    await page.locator('#password').fill('wrong');
    await page.keyboard.press('Enter');
    await errorOf(page, 'password').waitFor();
    await expect.poll(() => page.locator('#password').inputValue()).toBe('');
    await page.locator('#password').fill('right');
    await page.keyboard.press('Enter');
    await page.getByText('The connection was interrupted. Please go on with this step.').waitFor();

    expect(await page.locator('#password').inputValue()).toBe('right');
  });

  it('repeats an automatic answer once if the CSRF token is wrong, and then leaves it to the visitor', async () => {
    const { page } = await chromium.openShared();
    const sent = answersOf(page);
    await page.route(EXECUTOR, (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 403, json: { detail: 'CSRF Failed', code: 'csrf_failed' } })
        : route.fallback(),
    );
    await page.goto(examples.address('validate-duo-number'));
    await page.getByText('This page was out of date, so your answer was not accepted.').waitFor();

    expect(sent).toHaveLength(2);
  });

  it('offers a logged-in user the account, or a logout that returns to the flow', async () => {
    const { page } = await opened('denied-logged-in');

    expect(await page.getByRole('alert').textContent()).toContain('You are logged in as alice@example.org.');
    expect(await hrefs(page)).toEqual(['/', '/flows/-/default/invalidation/?next=%2Fif%2Fflow%2Fdenied-logged-in%2F']);
  });
});
