import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

/** Returns whether the last character of a text is to the right of the character before it. */
const endsAtTheRight = (text: Locator) =>
  text.evaluate(({ firstChild: text }) => {
    const end = (text as Text).data.length;
    const [before, last] = [end - 2, end - 1].map((i) => {
      const range = document.createRange();
      range.setStart(text as Text, i);
      range.setEnd(text as Text, i + 1);
      return range.getBoundingClientRect().left;
    }) as [number, number];
    return last > before;
  });

describeInChromium('an Arabic page', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('shows English texts of the API and program text from left to right', async () => {
    const { page } = await chromium.openShared();
    await page.goto(`${examples.address('consent')}?locale=ar`);
    expect(await endsAtTheRight(page.locator('.lead'))).toBe(true);
    expect(await page.locator('.lead').evaluate((text) => getComputedStyle(text).textAlign)).toBe('right');

    await page.goto(`${examples.address('error-details')}?locale=ar`);
    expect(await endsAtTheRight(page.locator('pre'))).toBe(true);

    await page.goto(`${examples.address('denied')}?locale=ar`);
    expect(await endsAtTheRight(page.getByText('Flow does not apply'))).toBe(true);
  });

  it('shows its own texts from right to left', async () => {
    const { page } = await chromium.openShared();
    await page.goto(`${examples.address('email')}?locale=ar`);
    expect(await endsAtTheRight(page.locator('form > p').first())).toBe(false);
  });
});
