import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { CHROMIUM_ARGS } from './chromium-binary.js';

/** `describe` for suites that need a browser. Without a browser, these suites are skipped, or fail if CI is set. */
export const describeInChromium = inject('chromium') || process.env['CI'] ? describe : describe.skip;

const BLOCKED_REQUEST = /net::ERR_ABORTED/;

/**
 * The browser of the suites does not draw pixels, which takes a quarter of the CPU time of a visit and which no suite looks
 * at. Layout, styles and scripts are the same, but a screenshot never ends. The other settings are those of Playwright,
 * which this argument would otherwise replace.
 */
const ARGS = [
  ...CHROMIUM_ARGS,
  '--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4,acceleratedCompositingEnabled=false',
];

let launched: Promise<Browser> | undefined;

/** Returns the browser of this worker, which ends with the worker. */
async function workerBrowser(): Promise<Browser> {
  const running = await launched;
  if (!running?.isConnected()) launched = chromium.launch({ executablePath: inject('chromium'), args: ARGS });
  return launched as Promise<Browser>;
}

/** Starts a browser that reaches https sites on this machine by their names, and accepts their self-signed certificates. */
const browserOf = (sites: Readonly<Record<string, string>>): Promise<Browser> => {
  const rules = Object.entries(sites).map(([host, target]) => `MAP ${host}:443 ${target}`);
  const args = [...ARGS, '--ignore-certificate-errors', `--host-resolver-rules=${rules.join(', ')}`];
  return chromium.launch({ executablePath: inject('chromium'), args });
};

/**
 * Opens a browser for all tests of a suite. Each page has its own cookies and collects its errors. With `sites`, which
 * returns where a host name leads, such as `{'id.example.org': '127.0.0.1:8443'}`, the suite has a browser of its own.
 */
export function useChromium(sites?: () => Readonly<Record<string, string>>) {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const isReachable = (host: string) =>
    /^(?:127\.0\.0\.1|(?:.+\.)?localhost)$/.test(host) || (sites?.()[host] ?? '') !== '';
  beforeAll(async () => {
    browser = await (sites ? browserOf(sites()) : workerBrowser());
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    if (sites) await browser.close();
  });
  return {
    /** Opens a page. `complaints` collects the errors of the page, including CSP violations. */
    open: async (options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> => {
      const context = await browser.newContext(options);
      contexts.push(context);
      // Requests to other machines are blocked.
      await context.route(
        ({ hostname }) => !isReachable(hostname),
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
