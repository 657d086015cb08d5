import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { CHROMIUM_ARGS } from './chromium-binary.js';

/** `describe` for suites that need a real browser: skipped where there is none, unless CI is set. */
export const describeInChromium = inject('chromium') || process.env['CI'] ? describe : describe.skip;

const OUTSIDE = /net::ERR_ABORTED/;

/** A real browser for all tests of a suite; each page has its own cookies, and says what it complained of. */
export function useChromium() {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: inject('chromium'), args: CHROMIUM_ARGS });
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await browser.close();
  });
  return {
    /** Opens a page; `complaints` grows with every error, broken policies included. */
    open: async (options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> => {
      const context = await browser.newContext(options);
      contexts.push(context);
      // Whatever leads out of this machine leads nowhere.
      await context.route(
        ({ hostname }) => hostname !== 'localhost' && hostname !== '127.0.0.1',
        (route) => route.abort('aborted'),
      );
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !OUTSIDE.test(message.text())) complaints.push(message.text());
      });
      return { page, complaints };
    },
  };
}
