import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from 'vitest';
import { CHROMIUM_ARGS } from './chromium-binary.js';

/** `describe` for suites that need a browser. Without a browser, these suites are skipped, or fail if CI is set. */
export const describeInChromium = inject('chromium') || process.env['CI'] ? describe : describe.skip;

const BLOCKED_REQUEST = /net::ERR_ABORTED/;
const LOCAL = /^(?:127\.0\.0\.1|(?:.+\.)?localhost)$/;

/**
 * Turns painting off, which takes a quarter of the CPU time of a visit and which no suite needs. Layout, styles and
 * scripts are the same, but a screenshot never completes. The other values are those of Playwright, which this argument
 * replaces.
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

/** A page and its errors, including CSP violations. */
interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens a page that can send requests to reachable hosts only. */
async function pageOf(context: BrowserContext, isReachable: (host: string) => boolean): Promise<Opened> {
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
}

/**
 * Returns a page without the document, cookies, routes and listeners to requests of an earlier test. A test that leaves
 * anything else, such as an authenticator or a remembered name, needs a page of its own.
 */
async function cleared(opened: Opened): Promise<Opened> {
  const { page, complaints } = opened;
  await page.goto('about:blank');
  await page.unrouteAll();
  page.removeAllListeners('request');
  await page.context().clearCookies();
  complaints.length = 0;
  return opened;
}

/** Returns the lists of contexts to close at the end of the suite (`suite`) and of the test or hook (`current`). */
function useContexts() {
  const suite: BrowserContext[] = [];
  const contexts = { suite, current: suite };
  beforeEach(() => {
    contexts.current = [];
  });
  afterEach(async () => {
    const closed = contexts.current;
    contexts.current = suite;
    await Promise.all(closed.map((context) => context.close()));
  });
  afterAll(() => Promise.all(suite.map((context) => context.close())));
  return contexts;
}

/**
 * Opens a browser for all tests of a suite. Each page has its own cookies and collects its errors. A page that a test
 * opens is closed after the test. With `sites`, which returns where a host name leads, such as
 * `{'id.example.org': '127.0.0.1:8443'}`, the suite has a browser of its own.
 */
export function useChromium(sites?: () => Readonly<Record<string, string>>) {
  let browser: Browser;
  beforeAll(async () => {
    browser = await (sites ? browserOf(sites()) : workerBrowser());
  });
  afterAll(() => (sites ? browser.close() : undefined));
  const contexts = useContexts();
  const openIn = async (life: keyof typeof contexts, options: BrowserContextOptions): Promise<Opened> => {
    const context = await browser.newContext(options);
    contexts[life].push(context);
    return pageOf(context, (host) => LOCAL.test(host) || (sites?.()[host] ?? '') !== '');
  };
  let shared: Promise<Opened> | undefined;
  return {
    open: (options: BrowserContextOptions = {}) => openIn('current', options),
    /** Returns a page that tests of the suite share, which takes half the CPU time of a page of its own. See `cleared`. */
    openShared: async (): Promise<Opened> => {
      shared ??= openIn('suite', {});
      return cleared(await shared);
    },
  };
}
