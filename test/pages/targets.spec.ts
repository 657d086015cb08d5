import { beforeAll, expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { PHONE, smallTargetsOf } from '../support/targets.js';
import { useExamples } from './examples.js';

describeInChromium('every page on a phone', () => {
  const chromium = useChromium();
  const examples = useExamples();
  let opened: ReturnType<typeof chromium.open>;
  beforeAll(() => {
    opened = chromium.open({ ...PHONE, reducedMotion: 'reduce' });
  });

  it.each(Object.keys(EXAMPLES))('%s has no control that is smaller than 44 px', async (name) => {
    // A page of its own, because an example that leads elsewhere by itself would interrupt the visit of the next one.
    const page = await (await opened).page.context().newPage();
    await page.goto(examples.address(name));

    expect(await page.evaluate(() => matchMedia('(pointer: coarse)').matches)).toBe(true);
    expect(await smallTargetsOf(page)).toEqual([]);
    await page.close();
  });
});
