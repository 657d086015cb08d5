import type { Page, Route } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

const HEIGHT = 800;
const TENTH = HEIGHT / 10;
const EXECUTOR = '**/api/v3/flows/executor/**';

/** Returns the top edges, in pixels, of everything that a step must not move. */
const topsOf = (page: Page) =>
  page.evaluate(() => ['.card', 'header', 'h1'].map((name) => document.querySelector(name)?.getBoundingClientRect().y));

const sizeOf = (page: Page) =>
  page.evaluate(() => {
    const [card, button] = ['.card', 'button.main'].map((name) =>
      document.querySelector(name)?.getBoundingClientRect(),
    );
    return [card?.height, button?.y];
  });

/** Replies to a request of the page with an example challenge, and sets the layout in its `flow_info`, if any. */
function replyWith(route: Route, name: string, layout: string) {
  const { flow_info: flow, ...challenge } = EXAMPLES[name] as Readonly<Record<string, unknown>>;
  return route.fulfill({ json: { ...challenge, ...(flow ? { flow_info: { ...flow, layout } } : {}) } });
}

describeInChromium('a step of a login', () => {
  const chromium = useChromium();
  const examples = useExamples();

  /** Opens the first step in a layout. `advance` answers the step with an example and waits for an element of it. */
  async function opened(layout: string, width: number) {
    const { page } = await chromium.openShared({ viewport: { width, height: HEIGHT }, reducedMotion: 'reduce' });
    await page.goto(`${examples.address('identification')}?layout=${layout}`);
    await page.getByLabel('Username or email').fill('alice');
    const advance = async (name: string, shown: string) => {
      await page.route(EXECUTOR, (route) => replyWith(route, name, layout), { times: 1 });
      await page.locator('main form').evaluate((form: HTMLFormElement) => {
        form.noValidate = true;
        form.requestSubmit();
      });
      await page.locator(shown).waitFor();
    };
    return { page, advance };
  }

  it.each([
    ['stacked', 1280, TENTH],
    ['content_left', 1280, TENTH],
    ['content_right', 1280, TENTH],
    ['sidebar_left', 1280, 0],
    ['sidebar_right', 1280, 0],
    ['stacked', 360, 0],
  ])('leaves the card, the brand and the heading where they are (%s, %i px wide)', async (layout, width, top) => {
    const { page, advance } = await opened(layout, width);
    const first = await topsOf(page);
    expect(first[0]).toBeCloseTo(top);
    await advance('password', '#password');
    expect(await topsOf(page)).toEqual(first);
    await advance('password-refused', '[aria-invalid]');
    expect(await topsOf(page)).toEqual(first);
    await advance('validate-totp', '#code');
    expect(await topsOf(page)).toEqual(first);
    await advance('validate-choice', '.devices');
    expect(await topsOf(page)).toEqual(first);
    await advance('error', '[role=alert]');
    expect(await topsOf(page)).toEqual(first);
  });

  it('has room for the warning about caps lock and for the busy indicator', async () => {
    const { page, advance } = await opened('stacked', 1280);
    await advance('password', '#password');
    const before = await sizeOf(page);
    await page
      .locator('#password')
      .evaluate((input) => input.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', modifierCapsLock: true })));
    await page.getByText('Caps lock is on.').waitFor();
    expect(await sizeOf(page)).toEqual(before);
    await page.route(EXECUTOR, () => undefined);
    await page.locator('#password').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByText('One moment…').waitFor();
    expect(await sizeOf(page)).toEqual(before);
  });

  it('has room for the logo of the brand before it is loaded', async () => {
    const { page } = await chromium.openShared();
    let load = () => {};
    const awaited = new Promise<void>((resolve) => (load = resolve));
    const body = '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40"/>';
    await page.route(
      ({ pathname }) => pathname === '/logo.svg',
      async (route) => {
        await awaited;
        await route.fulfill({ contentType: 'image/svg+xml', body });
      },
    );
    await page.goto(`${examples.address('password')}?logo=/logo.svg`, { waitUntil: 'domcontentloaded' });
    const before = await topsOf(page);
    load();
    await page.waitForFunction(() => document.querySelector('img')?.naturalWidth === 160);

    expect(await topsOf(page)).toEqual(before);
  });

  it('does not move sideways when a long step brings a scrollbar', async () => {
    const { page } = await opened('stacked', 1280);
    const before = await page.locator('.card').boundingBox();
    // Stands for a scrollbar, because the browser of the tests shows none.
    await page.addStyleTag({ content: ':root { padding-inline-end: 15px }' });

    expect(await page.evaluate(() => document.body.offsetWidth)).toBe(1265);
    expect(await page.locator('.card').boundingBox()).toEqual(before);
  });
});
