import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { CHROMIUM_ARGS } from './chromium-binary.js';

/** `describe` for suites that need a browser. Without a browser, these suites are skipped, or fail if CI is set. */
export const describeInChromium = inject('chromium') || process.env['CI'] ? describe : describe.skip;

const BLOCKED_REQUEST = /net::ERR_ABORTED/;

let launched: Promise<Browser> | undefined;

/** Returns the browser of this worker, which ends with the worker. */
async function workerBrowser(): Promise<Browser> {
  const running = await launched;
  if (!running?.isConnected()) launched = chromium.launch({ executablePath: inject('chromium'), args: CHROMIUM_ARGS });
  return launched as Promise<Browser>;
}

/** Opens a browser for all tests of a suite. Each page has its own cookies and collects its errors. */
export function useChromium() {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    browser = await workerBrowser();
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()));
  });
  return {
    /** Opens a page. `complaints` collects the errors of the page, including CSP violations. */
    open: async (options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> => {
      const context = await browser.newContext(options);
      contexts.push(context);
      // Requests to other machines are blocked.
      await context.route(
        ({ hostname }) => !/^(?:127\.0\.0\.1|(?:.+\.)?localhost)$/.test(hostname),
        (route) => route.abort('aborted'),
      );
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !BLOCKED_REQUEST.test(message.text())) complaints.push(message.text());
      });
      return { page, complaints };
    },
  };
}
