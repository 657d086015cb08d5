import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong, in words: the rule and where. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    (tags) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, { runOnly: tags, resultTypes: ['violations'] }),
    WCAG,
  );
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Whether anything is wider than the window. */
const overflows = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 320 },
] as const;

/** What a browser complains of although all is well. */
const EXPECTED: Readonly<Record<string, RegExp>> = { shell: /^Blocked script execution in 'about:srcdoc'/ };

describeInChromium('every page', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it.each(Object.keys(EXAMPLES))('%s can be used by everybody: light and dark, wide and narrow', async (name) => {
    const { page, complaints } = await chromium.open({ reducedMotion: 'reduce' });
    await page.goto(examples.address(name));
    for (const { colorScheme, width } of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      expect({ colorScheme, found: await violations(page) }).toEqual({ colorScheme, found: [] });
      expect({ width, overflows: await overflows(page) }).toEqual({ width, overflows: false });
    }
    expect(complaints.filter((complaint) => !EXPECTED[name]?.test(complaint))).toEqual([]);
  });
});
