import { expect, it } from 'vitest';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

describeInChromium('the ways to prove who one is', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('are a form first, then "or", and below it a button for passkeys and one for each source', async () => {
    const { page } = await chromium.open();
    await page.goto(examples.address('identification-everything'));
    const texts = [
      'main form',
      '.or',
      'a[href="/if/flow/passkey/"]',
      'a[href="/source/oauth/login/social/"]',
      '.links',
    ];
    const tops = await Promise.all(texts.map(async (text) => (await page.locator(text).boundingBox())!.y));

    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect(await page.locator('.or').count()).toBe(1);
    const passkey = page.getByRole('link', { name: 'Use a passkey or security key' });
    expect((await passkey.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  });

  it.each([
    ['above the QR code on a touch screen', { hasTouch: true, isMobile: true }, true],
    ['below the QR code elsewhere', {}, false],
  ])('lead to the app that is set up by a link %s', async (_, options, isFirst) => {
    const { page, complaints } = await chromium.open(options);
    await page.goto(examples.address('totp'));
    const picture = page.getByRole('img', { name: 'QR code for your authenticator app' });
    await picture.waitFor();
    await page.getByText('Cannot scan it?').click();
    const link = page.getByRole('link', { name: 'Open in app' });
    const [{ y: linkTop }, { y: pictureTop }] = [(await link.boundingBox())!, (await picture.boundingBox())!];

    expect(linkTop < pictureTop).toBe(isFirst);
    expect(await link.getAttribute('href')).toMatch(/^otpauth:/);
    expect(complaints).toEqual([]);
  });
});
