import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM_ARGS, findChromium } from './chromium-binary.js';

interface Look {
  readonly context: BrowserContextOptions;
  /** Query of the page's address. */
  readonly query?: string;
}

const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

/** The combinations of settings in which each page is pictured. The name of a look is the suffix of its file names. */
const LOOKS: Readonly<Record<string, Look>> = {
  wide: { context: WIDE },
  narrow: { context: { ...PHONE, colorScheme: 'dark' } },
  rtl: { context: WIDE, query: '?locale=ar' },
};

const SETTLING_MS = 1500;

/** The pages to picture, on a site that serves the examples. */
interface Subject {
  readonly site: string;
  readonly names: readonly string[];
}

/**
 * Writes a picture of each page in each look to `folder`, as `<name>.<look>.png`, and returns their paths. Throws if there
 * is no Chromium.
 */
export async function takeScreenshots(folder: string, subject: Subject): Promise<string[]> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('Chromium was not found. Install it, or set CHROMIUM to its path.');
  await mkdir(folder, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const files = await Promise.all(Object.keys(LOOKS).map((look) => picture(browser, { ...subject, folder, look })));
    return files.flat().sort();
  } finally {
    await browser.close();
  }
}

async function picture(
  browser: Browser,
  { site, names, folder, look }: Subject & { readonly folder: string; readonly look: string },
): Promise<string[]> {
  const { context: options, query = '' } = LOOKS[look] as Look;
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  // Pages that redirect or submit themselves to another site stay where they are.
  await context.route(
    ({ origin }) => origin !== site,
    (route) => route.abort('aborted'),
  );
  const files: string[] = [];
  for (const name of names) {
    const page = await context.newPage();
    await page.goto(`${site}/if/flow/${name}/${query}`);
    // Waits for parts that the script loads later, such as the QR code. The timeout is for pages that poll forever,
    // such as that of Duo.
    await page.waitForLoadState('networkidle', { timeout: SETTLING_MS }).catch(() => undefined);
    const path = join(folder, `${name}.${look}.png`);
    // A screenshot of the full page would switch the emulated touch screen off, so the window is made as high as the
    // page.
    if (options.hasTouch) await showWhole(page);
    await page.screenshot({ path, fullPage: !options.hasTouch });
    await page.close();
    files.push(path);
  }
  await context.close();
  return files;
}

/** Makes the window as high as the page. */
async function showWhole(page: Page): Promise<void> {
  const { width, height } = await page.evaluate(() => ({
    width: window.innerWidth,
    height: document.documentElement.scrollHeight,
  }));
  await page.setViewportSize({ width, height });
}
