import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

/** The minified axe, which Chromium compiles in less time than `axe.source`. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Adds axe to each document that a page will load. Adding it to a loaded document takes twice the CPU time. */
export const loadAxe = (page: Page) => page.addInitScript(AXE);

/** Returns the accessibility violations that axe finds, each with its rule and its element. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const { axe: checker } = globalThis as unknown as { axe: typeof axe };
    // Only the violations leave the page, because the transfer of all results takes longer than some checks.
    const { violations } = await checker.run(document, {
      ...{ runOnly: tags, resultTypes: ['violations'], selectors: false },
    });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }, WCAG);
}

/** Returns whether the content of a page is wider than its window. */
export const overflows = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

/** Combinations of a colour scheme and a window width in pixels in which pages are checked. */
export const COLOUR_SCHEMES = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 320 },
] as const;

/** Returns the accessibility violations and the overflows of a page in every combination of `COLOUR_SCHEMES`. */
export async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const { colorScheme, width } of COLOUR_SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    faults.push(...(await violations(page)), ...((await overflows(page)) ? [`wider than ${width} px`] : []));
  }
  return faults;
}
