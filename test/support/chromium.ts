import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from 'vitest';
import { CHROMIUM_ARGS } from './chromium-binary.js';

/** `describe` for suites that need a browser. Without a browser, these suites are skipped, or fail if CI is set. */
export const describeInChromium = inject('chromium') || process.env['CI'] ? describe : describe.skip;

const BLOCKED_REQUEST = /net::ERR_(?:ABORTED|NAME_NOT_RESOLVED)/;

/** Rules by which host names outside this machine have no address. */
const LOCAL_HOSTS = ['MAP * ~NOTFOUND', 'EXCLUDE localhost', 'EXCLUDE *.localhost', 'EXCLUDE 127.0.0.1'];

/**
 * Turns painting off, which takes a quarter of the CPU time of a visit and which no suite needs. Layout, styles and
 * scripts are the same, but a screenshot never completes. The other values of `blink-settings` are those of Playwright,
 * which this argument replaces. Optimizes a function later, because a short visit runs few of them often enough to gain.
 */
const ARGS = [
  ...CHROMIUM_ARGS,
  '--js-flags=--interrupt-budget=2000000 --interrupt-budget-for-maglev=1000000',
  '--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4,acceleratedCompositingEnabled=false',
];

let launched: Promise<Browser> | undefined;

/** Returns the browser of this worker, which ends with the worker. */
async function workerBrowser(): Promise<Browser> {
  const running = await launched;
  if (!running?.isConnected()) launched = launch();
  return launched as Promise<Browser>;
}

/** Starts a browser that reaches https sites on this machine by their names, and accepts their self-signed certificates. */
const browserOf = (sites: Readonly<Record<string, string>>): Promise<Browser> =>
  launch(
    ['--ignore-certificate-errors'],
    Object.entries(sites).map(([host, target]) => `MAP ${host}:443 ${target}`),
  );

/** Starts a browser that finds hosts by `rules`, and no host outside this machine. */
const launch = (args: readonly string[] = [], rules: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: inject('chromium'),
    args: [...ARGS, ...args, `--host-resolver-rules=${[...rules, ...LOCAL_HOSTS].join(', ')}`],
  });

/** A page and its errors, including CSP violations. */
interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens a page that stays where it is when a link, a form or a script leads to an https site that is not `isReachable`. */
async function pageOf(context: BrowserContext, isReachable: (host: string) => boolean): Promise<Opened> {
  const page = await context.newPage();
  await abortNavigations(page, (url) => !isReachable(new URL(url).hostname));
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !BLOCKED_REQUEST.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints };
}

/**
 * Aborts the requests of a page for documents at https URLs that match. A route of Playwright would intercept the requests
 * to this machine too, and turn off the cache.
 */
async function abortNavigations(page: Page, matches: (url: string) => boolean): Promise<void> {
  const session = await page.context().newCDPSession(page);
  session.on('Fetch.requestPaused', ({ requestId, request }) => {
    const answered = matches(request.url)
      ? session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
      : session.send('Fetch.continueRequest', { requestId });
    // The page may be closed meanwhile.
    answered.catch(() => undefined);
  });
  await session.send('Fetch.enable', { patterns: [{ urlPattern: 'https://*', resourceType: 'Document' }] });
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
    return pageOf(context, (host) => options.proxy !== undefined || (sites?.()[host] ?? '') !== '');
  };
  const shared = new Map<string, Opened>();
  return {
    open: (options: BrowserContextOptions = {}) => openIn('current', options),
    /**
     * Returns a page that tests of the suite with the same options share, which takes half the CPU time of a page of its own.
     * See `cleared`.
     */
    openShared: async (options: BrowserContextOptions = {}): Promise<Opened> => {
      const key = JSON.stringify(options);
      const known = shared.get(key);
      const opened = known && !known.page.isClosed() ? known : await openIn('suite', options);
      shared.set(key, opened);
      return cleared(opened);
    },
  };
}
