import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser as Chromium, chromium, type Page } from 'playwright-core';
import { Browser } from './browser.js';
import { CHROMIUM_ARGS, findChromium } from './chromium-binary.js';
import { freePort, startProcess } from './processes.js';

const FLOW = 'default-authentication-flow';
const COLOUR_SCHEMES = ['light', 'dark'] as const;
const PASSWORD = 'a-password-for-pictures';
/** Number of logins that the operator's page counts. Every fourth login has a wrong password first. */
const LOGINS = 12;
/** Height in pixels of the part above the diagram that the picture includes: the numbers of the flow. */
const ABOVE = 40;
const SIZE = { width: 720, height: 570 };

/** A running Gatehouse whose administrator is called `admin`. */
interface Product {
  readonly url: string;
  readonly password: string;
}

/**
 * Starts Gatehouse in an empty folder, and writes pictures of its login page and of the operator's page about the login to
 * `folder`, light and dark. Returns their paths. Throws if there is no Chromium.
 */
export async function takeProductPictures(folder: string): Promise<string[]> {
  const state = await mkdtemp(join(tmpdir(), 'gatehouse-pictures-'));
  const port = String(await freePort());
  const env = { GATEHOUSE_DIR: state, GATEHOUSE_BUS: 'in-process', PORT: port, ADMIN_PASSWORD: PASSWORD };
  const process = await startProcess('dist/apps/standalone/src/main.js', env, { ready: /Gatehouse is ready/ });
  try {
    const product = { url: `http://127.0.0.1:${port}`, password: PASSWORD };
    for (let i = 0; i < LOGINS; i++) {
      const browser = new Browser(product.url);
      await browser.solve(FLOW, { uid_field: 'admin' });
      if (i % 4 === 0) await browser.solve(FLOW, { password: 'wrong' });
      await browser.solve(FLOW, { password: PASSWORD });
    }
    return await pictureProduct(folder, product);
  } finally {
    await process.stop();
    await rm(state, { recursive: true, force: true });
  }
}

/** Writes the pictures of a running Gatehouse to `folder`, and returns their paths. */
export async function pictureProduct(folder: string, product: Product): Promise<string[]> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('Chromium was not found. Install it, or set CHROMIUM to its path.');
  await mkdir(folder, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const files: string[] = [];
    for (const scheme of COLOUR_SCHEMES)
      for (const [name, png] of Object.entries(await picturesOf(browser, product, scheme))) {
        const path = join(folder, `${name}-${scheme}.webp`);
        await writeFile(path, await toWebp(browser, png));
        files.push(path);
      }
    return files.sort();
  } finally {
    await browser.close();
  }
}

async function picturesOf(browser: Chromium, { url, password }: Product, colorScheme: 'light' | 'dark') {
  const look = { colorScheme, reducedMotion: 'reduce' } as const;
  const context = await browser.newContext({ viewport: SIZE, deviceScaleFactor: 2, ...look });
  const page = await context.newPage();
  await page.goto(`${url}/if/flow/${FLOW}/`);
  const login = await page.screenshot();
  await logIn(page, password);
  await page.goto(`${url}/if/admin/flows/${FLOW}/`);
  const diagram = await page.locator('svg.diagram').boundingBox();
  const flow = await page.screenshot({ fullPage: true, clip: { ...SIZE, x: 0, y: (diagram?.y ?? 0) - ABOVE } });
  await context.close();
  return { 'login-page': login, 'flow-page': flow };
}

async function logIn(page: Page, password: string): Promise<void> {
  await page.locator('#uid_field').fill('admin');
  await page.keyboard.press('Enter');
  await page.locator('input[name=password]:not([readonly])').fill(password);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/if\/user\//);
}

/** Returns a picture as WebP, which Chromium encodes but does not take screenshots in. */
async function toWebp(browser: Chromium, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const base64 = await page.evaluate(
    async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.9).split(',')[1] ?? '';
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  await page.close();
  return Buffer.from(base64, 'base64');
}
