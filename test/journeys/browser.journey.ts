import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';

const REMEMBER = { ...LOGIN, attrs: { remember_me_offset: 'days=1' } };

/**
 * Timeout of tests that restart a service, in milliseconds. It is long, because the page waits longer after each failed
 * attempt.
 */
const RESTART_TIMEOUT_MS = 60_000;

describeInChromium('the flow page in a browser', () => {
  let deployment: Deployment;
  const chromium = useChromium();
  const address = () => `${deployment.url}/if/flow/login/?next=%2F%3Fafter`;

  beforeAll(async () => {
    deployment = await Deployment.open({
      alone: ['password', 'identification'],
      blueprints: [
        blueprint(
          userEntry('alice'),
          flowEntries('login', [IDENTIFICATION, PASSWORD, REMEMBER]),
          flowEntries('closed', [DUMMY], { authentication: 'require_authenticated' }),
        ),
      ],
    });
  });
  afterAll(() => deployment.close());

  /** Opens the login in a page that tests share, and counts page loads and POST requests. */
  async function visit(options: Parameters<typeof chromium.open>[0] = {}) {
    const { page, complaints } = await chromium.openShared(options);
    const observed = { complaints, documents: 0, answers: 0 };
    page.on('request', (request) => {
      if (request.resourceType() === 'document') observed.documents++;
      else if (request.method() === 'POST') observed.answers++;
    });
    await page.goto(address());
    return { page, observed };
  }

  const answer = async (page: Page, label: string, text: string) => {
    await page.getByLabel(label, { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  };

  const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);

  it('logs in by keyboard without loading another page', async () => {
    const { page, observed } = await visit();
    expect(await focused(page)).toBe('uid_field');
    await page.keyboard.type('alice');
    await page.keyboard.press('Enter');
    await page.getByLabel('Password', { exact: true }).waitFor();
    expect(await focused(page)).toBe('password');
    expect(await page.title()).toBe('Enter your password - Gatehouse');
    await page.keyboard.type('correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Yes' }).waitFor();
    expect(observed).toEqual({ complaints: [], documents: 1, answers: 2 });
    await page.keyboard.press('Enter');
    await page.waitForURL(`${deployment.url}/if/user/?after`);

    expect(await page.textContent('main')).toContain('You are signed in as alice.');
    expect(observed.complaints).toEqual([]);
  });

  it('logs in without JavaScript at the same addresses', async () => {
    const { page, observed } = await visit({ javaScriptEnabled: false });
    await answer(page, 'Username or email', 'alice');
    await answer(page, 'Password', 'not-her-password');
    await page.getByText('Wrong password. Please try again.').waitFor();
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'No' }).click();
    await page.waitForURL(`${deployment.url}/if/user/?after`);

    expect(await page.textContent('main')).toContain('You are signed in as alice.');
    expect(observed.complaints).toEqual([]);
  });

  it('changes its language without JavaScript and stays at the same step', async () => {
    const { page, observed } = await visit({ javaScriptEnabled: false, locale: 'fr-FR' });
    await answer(page, 'Nom d’utilisateur ou adresse e-mail', 'alice');
    await page.getByLabel('Mot de passe', { exact: true }).waitFor();
    await page.locator('summary').click();
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByLabel('Passwort', { exact: true }).waitFor();

    expect([page.url(), await page.locator('html').getAttribute('lang')]).toEqual([address(), 'de']);
    expect(observed.complaints).toEqual([]);
  });

  it('shows an error at its field, focuses the field, and accepts the corrected response', async () => {
    const { page } = await visit();
    await answer(page, 'Username or email', 'alice');
    const password = page.getByLabel('Password', { exact: true });
    await answer(page, 'Password', 'not-her-password');
    await page.getByText('Wrong password. Please try again.').waitFor();
    await isCleared(page);

    expect(await focused(page)).toBe('password');
    expect(await password.getAttribute('aria-describedby')).toBe('password-error');
    await answer(page, 'Password', 'wrong-again');
    await isCleared(page);
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'Yes' }).waitFor();
  });

  it('keeps input that was typed before the script loaded', async () => {
    const { page } = await chromium.open();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/static/pages/**', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(address(), { waitUntil: 'commit' });
    await page.getByLabel('Username or email').fill('alice');
    release();
    await page.waitForLoadState('load');
    await page.getByRole('button', { name: 'Next' }).click();

    await page.getByLabel('Password', { exact: true }).waitFor();
    expect(await page.textContent('main')).toContain('alice');
  });

  it('sends a response once, even if the button is pressed several times', async () => {
    const { page, observed } = await visit();
    await page.getByLabel('Username or email').fill('alice');
    await page.evaluate(() => {
      const button = document.querySelector<HTMLButtonElement>('form button');
      for (let i = 0; i < 5; i++) button?.click();
    });
    await page.getByLabel('Password', { exact: true }).waitFor();

    expect(observed.answers).toBe(1);
  });

  it(
    'fetches the step again while a service is down, and keeps the input for the visitor to send again',
    async () => {
      const { page, observed } = await visit();
      await answer(page, 'Username or email', 'alice');
      await page.getByLabel('Password', { exact: true }).waitFor();
      await deployment.stop('password');
      await answer(page, 'Password', 'correct-horse-7');
      await page.getByText('This service cannot be reached at the moment.').waitFor();
      expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('correct-horse-7');
      await deployment.start('password');
      await page.getByText('The connection was interrupted. Please go on with this step.').waitFor();
      expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('correct-horse-7');
      expect(observed.answers).toBe(2);
      await page.getByLabel('Password', { exact: true }).press('Enter');
      await page.getByRole('button', { name: 'Yes' }).waitFor();

      expect(await page.getByText('cannot be reached').count()).toBe(0);
    },
    RESTART_TIMEOUT_MS,
  );

  it(
    'shows the first challenge when a service that was down is back',
    async () => {
      await deployment.stop('identification');
      const { page } = await visit();
      await page.getByText('This service cannot be reached at the moment.').waitFor();
      await deployment.start('identification');

      await page.getByLabel('Username or email').waitFor();
      expect(await page.getByText('cannot be reached').count()).toBe(0);
    },
    RESTART_TIMEOUT_MS,
  );

  it('remembers the username of a completed login if the visitor asks for it, and forgets it on one click', async () => {
    const { page } = await chromium.open();
    await page.goto(address());
    const stored = () => page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
    const startAgain = async () => {
      await page.context().clearCookies();
      await page.goto(address());
    };
    const wish = page.getByLabel('Fill in my name here next time');
    const name = page.getByLabel('Username or email');
    expect(await wish.isChecked()).toBe(false);
    await answer(page, 'Username or email', 'alice');
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'Yes' }).waitFor();
    expect(await stored()).toBe('[{},{}]');
    await startAgain();
    await wish.check();
    // An unknown name leads to the password step too, so the login fails at the password.
    await answer(page, 'Username or email', 'alicf');
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByText('Wrong password. Please try again.').waitFor();
    await startAgain();
    expect(await name.inputValue()).toBe('');
    await wish.check();
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await answer(page, 'Username or email', 'alice');
    expect((await sent).postDataJSON()).toEqual({ component: 'ak-stage-identification', uid_field: 'alice' });
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'Yes' }).waitFor();
    await startAgain();
    const change = page.getByRole('button', { name: 'Not you? Use another account' });
    await change.waitFor();
    expect([await name.inputValue(), await focused(page), await wish.count()]).toEqual(['alice', 'uid_field', 0]);
    await page.keyboard.press('Enter');
    await page.getByLabel('Password', { exact: true }).waitFor();
    await startAgain();
    await change.click();

    expect([await name.inputValue(), await focused(page), await stored()]).toEqual(['', 'uid_field', '[{},{}]']);
    expect(await wish.isChecked()).toBe(false);
  });

  it('restarts the flow with a notice when the session cookie was deleted, and keeps `next`', async () => {
    const { page } = await visit();
    await answer(page, 'Username or email', 'alice');
    await page.getByLabel('Password', { exact: true }).waitFor();
    await page.context().clearCookies({ name: 'authentik_session' });
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByText('This page was open for too long').waitFor();
    await answer(page, 'Username or email', 'alice');
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'No' }).click();
    await page.waitForURL(`${deployment.url}/if/user/?after`);

    expect(await page.textContent('main')).toContain('You are signed in as alice.');
  });

  it('shows the end of a flow: access denied, or flow not found', async () => {
    const { page } = await chromium.open();
    await page.goto(`${deployment.url}/if/flow/closed/`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Please log in');
    expect(await page.getByRole('alert').textContent()).toBe('You need to be logged in to go on here.');
    await page.goto(`${deployment.url}/if/flow/nowhere/`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Page not found');
  });
});

/** Resolves when the password field is empty. */
async function isCleared(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#password')?.value === '');
}
