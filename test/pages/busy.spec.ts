import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { answersOf } from './answers.js';
import { useExamples } from './examples.js';

/** Returns the animation of a button's spinner, and whether the text of the button is transparent. */
const spinnerOf = (button: Locator) =>
  button.evaluate((element) => [
    getComputedStyle(element, '::after').animationName,
    getComputedStyle(element).color === 'rgba(0, 0, 0, 0)',
  ]);

/** Milliseconds after which a page shows that it waits. */
const INDICATOR_DELAY_MS = 300;

const COVERED = ['turn', true];
const FREE = ['none', false];

/** Delays all replies of the API until the returned function is called. */
async function heldReplies(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/**', async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

/** Collects every text of the live region outside of `main`, in the order in which a screen reader gets it. */
const collectSpoken = (page: Page) =>
  page.evaluate(() => {
    const spoken: (string | null)[] = [];
    Object.assign(globalThis, { spoken });
    const region = document.querySelector('.card > [role=status]');
    if (region) new MutationObserver(() => spoken.push(region.textContent)).observe(region, { childList: true });
  });

/** Measures the time between the press of a button and its spinner, which `delayIn` returns in milliseconds. */
const observeDelay = (page: Page) =>
  page.evaluate(() => {
    const times = new Map<string, number>();
    Object.assign(globalThis, { spinnerDelay: () => (times.get('data-busy') ?? 0) - (times.get('aria-busy') ?? 0) });
    const observer = new MutationObserver((records) => {
      for (const { attributeName } of records)
        if (attributeName && !times.has(attributeName)) times.set(attributeName, performance.now());
    });
    observer.observe(document.body, { subtree: true, attributeFilter: ['aria-busy', 'data-busy'] });
  });

const delayIn = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { spinnerDelay: () => number }).spinnerDelay());

const spokenIn = (page: Page) => page.evaluate(() => (globalThis as unknown as { spoken: string[] }).spoken);

describeInChromium('a page that waits for a slow reply', () => {
  const chromium = useChromium();
  const examples = useExamples();

  async function opened(name: string, options: Parameters<typeof chromium.open>[0] = {}) {
    const { page } = await chromium.openShared(options);
    const sent = answersOf(page);
    await page.goto(examples.address(name));
    return { page, sent, release: await heldReplies(page) };
  }

  it('shows a spinner only in the pressed button, announces the wait once, and ignores further clicks', async () => {
    const { page, sent, release } = await opened('user-login');
    const [yes, no] = ['Yes', 'No'].map((name) => page.getByRole('button', { name })) as [Locator, Locator];
    const boxes = async () => [
      await yes.boundingBox(),
      await no.boundingBox(),
      await page.locator('.card').boundingBox(),
    ];
    const before = await boxes();
    await collectSpoken(page);
    await observeDelay(page);
    await no.click();
    await page.locator('main[aria-busy=true] [data-busy]').waitFor();
    // Timers of a browser may be late, and at most some milliseconds early.
    expect(await delayIn(page)).toBeGreaterThan(INDICATOR_DELAY_MS - 20);
    expect([await spinnerOf(no), await spinnerOf(yes)]).toEqual([COVERED, FREE]);
    expect(await boxes()).toEqual(before);
    expect((await page.getByRole('status').boundingBox())?.height).toBe(1);
    await yes.click({ force: true });
    await no.click({ force: true });
    expect(await page.locator('[data-busy]').textContent()).toBe('No');
    release();
    await page.locator('main[aria-busy]').waitFor({ state: 'detached' });

    expect(sent).toEqual([{ component: 'ak-stage-user-login', remember_me: 'false' }]);
    await page.waitForFunction(() => (globalThis as unknown as { spoken: string[] }).spoken.includes(''));
    expect(await spokenIn(page)).toEqual(['One moment…', '']);
    expect(await page.locator('[data-busy], [aria-disabled]').count()).toBe(0);
  });

  it('shows the spinner in the default button after Enter, and turns it slowly if motion is reduced', async () => {
    const { page } = await opened('password', { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'Show password' }).click();
    await page.locator('#password').fill('secret');
    await page.keyboard.press('Enter');
    await page.locator('[data-busy]').waitFor();

    const button = page.getByRole('button', { name: 'Continue' });
    expect(await spinnerOf(button)).toEqual(COVERED);
    expect(await button.evaluate((element) => getComputedStyle(element, '::after').animationDuration)).toBe('4s');
  });

  it('hides the text under the spinner in forced colours too', async () => {
    const { page } = await opened('dummy', { forcedColors: 'active' });
    const button = page.getByRole('button', { name: 'Continue' });
    await button.click();
    await page.locator('[data-busy]').waitFor();

    expect(await spinnerOf(button)).toEqual(COVERED);
  });

  it('shows the indicator below a step that was sent without a button, and still offers other devices', async () => {
    const { page, sent } = await opened('validate-choice');
    await page.getByRole('button', { name: 'Duo' }).click();
    const indicator = page.getByText('One moment…');
    await indicator.waitFor();
    expect((await indicator.boundingBox())?.height).toBeGreaterThan(15);
    expect(await page.locator('[data-busy]').count()).toBe(0);
    await page.getByRole('button', { name: 'Choose another way' }).click();
    await page.getByRole('button', { name: 'Authenticator app' }).click();
    await page.getByLabel('Code').waitFor();

    expect(sent).toEqual([{ component: 'ak-stage-authenticator-validate', duo: expect.any(String) }]);
  });
});
