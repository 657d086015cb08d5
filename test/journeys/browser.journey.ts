import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';

const REMEMBER = { ...LOGIN, attrs: { remember_me_offset: 'days=1' } };

/** A process starts anew, and the page waits longer each time that it has not. */
const PATIENT_MS = 60_000;

describeInChromium('in a real browser', () => {
  let house: Deployment;
  const chromium = useChromium();
  const address = () => `${house.url}/if/flow/login/?next=%2F%3Fafter`;

  beforeAll(async () => {
    house = await Deployment.open({
      apart: ['password', 'identification'],
      blueprints: [
        blueprint(
          userEntry('alice'),
          flowEntries('login', [IDENTIFICATION, PASSWORD, REMEMBER]),
          flowEntries('closed', [DUMMY], { authentication: 'require_authenticated' }),
        ),
      ],
    });
  });
  afterAll(() => house.close());

  /** Opens the login; `documents` counts the pages that were loaded, `answers` what was posted. */
  async function visit(options: Parameters<typeof chromium.open>[0] = {}) {
    const { page, complaints } = await chromium.open(options);
    const seen = { complaints, documents: 0, answers: 0 };
    page.on('request', (request) => {
      if (request.resourceType() === 'document') seen.documents++;
      else if (request.method() === 'POST') seen.answers++;
    });
    await page.goto(address());
    return { page, seen };
  }

  const answer = async (page: Page, label: string, text: string) => {
    await page.getByLabel(label, { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  };

  const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);

  it('logs somebody in without loading another page on the way, by the keyboard alone', async () => {
    const { page, seen } = await visit();
    expect(await focused(page)).toBe('uid_field');
    await page.keyboard.type('alice');
    await page.keyboard.press('Enter');
    await page.getByLabel('Password', { exact: true }).waitFor();
    expect(await focused(page)).toBe('password');
    expect(await page.title()).toBe('Welcome - Gatehouse');
    await page.keyboard.type('correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Yes' }).waitFor();
    expect(seen).toEqual({ complaints: [], documents: 1, answers: 2 });
    await page.keyboard.press('Enter');
    await page.waitForURL(`${house.url}/if/user/?after`);

    expect(await page.textContent('main')).toContain('You are signed in as alice.');
    expect(seen.complaints).toEqual([]);
  });

  it('logs somebody in without a script, at the same addresses', async () => {
    const { page, seen } = await visit({ javaScriptEnabled: false });
    await answer(page, 'Username or email', 'alice');
    await answer(page, 'Password', 'not-her-password');
    await page.getByText('Invalid password').waitFor();
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'No' }).click();
    await page.waitForURL(`${house.url}/if/user/?after`);

    expect(await page.textContent('main')).toContain('You are signed in as alice.');
    expect(seen.complaints).toEqual([]);
  });

  it('says what is wrong at the field, goes there, and takes the next answer', async () => {
    const { page } = await visit();
    await answer(page, 'Username or email', 'alice');
    const password = page.getByLabel('Password', { exact: true });
    await answer(page, 'Password', 'not-her-password');
    await page.getByText('Invalid password').waitFor();

    expect(await focused(page)).toBe('password');
    expect(await password.inputValue()).toBe('');
    expect(await password.getAttribute('aria-describedby')).toBe('password-error');
    await answer(page, 'Password', 'wrong-again');
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#password')?.value === '');
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'Yes' }).waitFor();
  });

  it('keeps what was typed before the script had come', async () => {
    const { page } = await chromium.open();
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await page.route('**/static/pages/**', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(address(), { waitUntil: 'commit' });
    await page.getByLabel('Username or email').fill('alice');
    go();
    await page.waitForLoadState('load');
    await page.getByRole('button', { name: 'Log in' }).click();

    await page.getByLabel('Password', { exact: true }).waitFor();
    expect(await page.textContent('main')).toContain('alice');
  });

  it('sends an answer once, however often somebody presses', async () => {
    const { page, seen } = await visit();
    await page.getByLabel('Username or email').fill('alice');
    await page.evaluate(() => {
      const button = document.querySelector<HTMLButtonElement>('form button');
      for (let i = 0; i < 5; i++) button?.click();
    });
    await page.getByLabel('Password', { exact: true }).waitFor();

    expect(seen.answers).toBe(1);
  });

  it(
    'tries again by itself while a service is away, and loses nothing that was typed',
    async () => {
      const { page } = await visit();
      await answer(page, 'Username or email', 'alice');
      await page.getByLabel('Password', { exact: true }).waitFor();
      await house.end('password');
      await answer(page, 'Password', 'correct-horse-7');
      await page.getByText('This service cannot be reached at the moment.').waitFor();
      expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('correct-horse-7');
      await house.start('password');
      await page.getByRole('button', { name: 'Yes' }).waitFor();

      expect(await page.getByText('cannot be reached').count()).toBe(0);
    },
    PATIENT_MS,
  );

  it(
    'comes back by itself where it could not even begin',
    async () => {
      await house.end('identification');
      const { page } = await visit();
      await page.getByText('This service cannot be reached at the moment.').waitFor();
      await house.start('identification');

      await page.getByLabel('Username or email').waitFor();
      expect(await page.getByText('cannot be reached').count()).toBe(0);
    },
    PATIENT_MS,
  );

  it('begins again when the session is gone, says so, and still knows where to go', async () => {
    const { page } = await visit();
    await answer(page, 'Username or email', 'alice');
    await page.getByLabel('Password', { exact: true }).waitFor();
    await page.context().clearCookies({ name: 'authentik_session' });
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByText('This page was open for too long').waitFor();
    await answer(page, 'Username or email', 'alice');
    await answer(page, 'Password', 'correct-horse-7');
    await page.getByRole('button', { name: 'No' }).click();
    await page.waitForURL(`${house.url}/if/user/?after`);

    expect(await page.textContent('main')).toContain('You are signed in as alice.');
  });

  it('shows how a flow can end: refused, or no such flow', async () => {
    const { page } = await chromium.open();
    await page.goto(`${house.url}/if/flow/closed/`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Permission denied');
    expect(await page.getByRole('alert').textContent()).toBe('Flow does not apply to current user.');
    await page.goto(`${house.url}/if/flow/nowhere/`);
    expect(await page.getByRole('alert').textContent()).toBe('Not found.');
  });
});
