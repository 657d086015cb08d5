import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { faultsOf } from '../support/access.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

it('the default background takes less than 3 kB', () => {
  expect(readFileSync('apps/web/src/style/backdrop.css').length).toBeLessThan(3000);
});

describeInChromium('the look of a page', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('has a background of its own in light and dark, without a picture to load', async () => {
    const { page } = await chromium.open({ viewport: { width: 1280, height: 800 } });
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(request.resourceType()));
    await page.goto(examples.address('password'), { waitUntil: 'networkidle' });
    const backgroundIn = async (colorScheme: 'light' | 'dark') => {
      await page.emulateMedia({ colorScheme });
      return page.evaluate(() => getComputedStyle(document.querySelector('.page') as Element).background);
    };
    const [light, dark] = [await backgroundIn('light'), await backgroundIn('dark')];

    expect(light.match(/gradient\(/g)).toHaveLength(9);
    expect(dark.match(/gradient\(/g)).toHaveLength(9);
    expect(light).not.toBe(dark);
    expect(`${light}${dark}`).not.toContain('url(');
    expect(loaded.sort()).toEqual(['document', 'script']);
  });

  it.each(['ffdd00', '101010'])('is accessible in the colour #%s of a brand, which buttons keep', async (colour) => {
    const { page } = await chromium.open();
    await page.goto(`${examples.address('identification-everything')}?colour=${colour}`);
    const button = page.locator('button.main');
    const ofButton = await button.evaluate((element) => getComputedStyle(element).backgroundColor);
    const ofLink = await page
      .locator('.links a')
      .first()
      .evaluate((element) => getComputedStyle(element).color);

    expect(ofButton).toBe({ ffdd00: 'rgb(255, 221, 0)', 101010: 'rgb(16, 16, 16)' }[colour]);
    expect(ofLink === ofButton).toBe(colour === '101010');
    expect(await faultsOf(page)).toEqual([]);
  });
});
