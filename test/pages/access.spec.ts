import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { COLOUR_SCHEMES, faultsOf, loadAxe, overflows, violations } from '../support/access.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { smallTargetsOf, usePhone } from '../support/targets.js';
import { useExamples } from './examples.js';

/** Expected console messages, by example. Every other message fails the test. */
const EXPECTED: Readonly<Record<string, RegExp>> = { shell: /^Blocked script execution in 'about:srcdoc'/ };

describeInChromium('every page', () => {
  const chromium = useChromium();
  const examples = useExamples();
  let page: Page;
  let complaints: string[];
  let onPhone: Awaited<ReturnType<typeof usePhone>>;
  beforeAll(async () => {
    ({ page, complaints } = await chromium.open({ reducedMotion: 'reduce' }));
    await loadAxe(page);
    onPhone = await usePhone(page);
  });
  beforeEach(async () => {
    complaints.length = 0;
    await page.emulateMedia({ forcedColors: 'none' });
  });

  it.each(Object.keys(EXAMPLES))(
    '%s is accessible in light and dark, wide and narrow, and has no control below 44 px on a phone',
    async (name) => {
      await page.goto(examples.address(name));
      for (const { colorScheme, width } of COLOUR_SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        expect({ colorScheme, found: await violations(page) }).toEqual({ colorScheme, found: [] });
        expect({ width, overflows: await overflows(page) }).toEqual({ width, overflows: false });
      }
      expect(complaints.filter((complaint) => !EXPECTED[name]?.test(complaint))).toEqual([]);
      await onPhone(async () => {
        expect(await page.evaluate(() => matchMedia('(pointer: coarse)').matches)).toBe(true);
        expect(await smallTargetsOf(page)).toEqual([]);
      });
    },
  );

  it('the open language menu is accessible in light and dark, wide and narrow', async () => {
    await page.goto(examples.address('password'));
    await page.locator('.languages summary').click();
    await page.getByRole('button', { name: 'العربية' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.each(['identification-everything', 'validate-choice', 'password-refused', 'prompt-refused'])(
    '%s is accessible in the forced colours of the visitor',
    async (name) => {
      await page.setViewportSize({ width: 320, height: 800 });
      await page.goto(examples.address(name));
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, forcedColors: 'active' });
        expect({ colorScheme, found: await violations(page) }).toEqual({ colorScheme, found: [] });
      }
    },
  );

  it.each(['identification-everything', 'validate-choice', 'totp', 'static', 'prompt-refused'])(
    '%s is laid out from right to left in Arabic',
    async (name) => {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 320, height: 800 });
      await page.goto(`${examples.address(name)}?locale=ar`);
      expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
      expect(await page.locator('main').evaluate((main) => getComputedStyle(main).direction)).toBe('rtl');
      expect({ found: await violations(page), overflows: await overflows(page) }).toEqual({
        found: [],
        overflows: false,
      });
    },
  );
});
