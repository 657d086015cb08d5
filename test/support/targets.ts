import type { Page } from 'playwright-core';

/** Options of a page on a phone, whose pointer is a finger. */
export const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true } as const;

/** Returns a function that runs a callback while a page emulates a phone: a small window with a touch screen. */
export async function usePhone(page: Page) {
  const session = await page.context().newCDPSession(page);
  const metrics = { ...PHONE.viewport, deviceScaleFactor: 1, mobile: PHONE.isMobile };
  return async (use: () => Promise<void>): Promise<void> => {
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: PHONE.hasTouch });
    await session.send('Emulation.setDeviceMetricsOverride', metrics);
    try {
      await use();
    } finally {
      await session.send('Emulation.setTouchEmulationEnabled', { enabled: false });
      await session.send('Emulation.clearDeviceMetricsOverride');
    }
  };
}

/**
 * Returns the visible controls of a page that are smaller than 44 px in a dimension, each with its size. A checkbox counts
 * with its label. A link within a sentence may be smaller (WCAG 2.5.8). Opens all parts of the page that are folded.
 */
export const smallTargetsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isWithinSentence = (element: Element) =>
      element.matches('a') &&
      [...(element.parentElement?.childNodes ?? [])].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      );
    const targetOf = (element: Element) =>
      (element.matches('[type=checkbox], [type=radio]') && (element as HTMLInputElement).labels?.[0]) || element;
    for (const details of document.querySelectorAll('details')) details.open = true;
    return [...document.querySelectorAll('a[href], button, summary, input, select, textarea')]
      .filter((element) => element.checkVisibility() && !element.closest('.unseen') && !isWithinSentence(element))
      .flatMap((element) => {
        const { width, height } = targetOf(element).getBoundingClientRect();
        const size = `${Math.round(width)} × ${Math.round(height)}`;
        return Math.min(width, height) < 44 ? [`${size}: ${element.outerHTML.slice(0, 120)}`] : [];
      });
  });
