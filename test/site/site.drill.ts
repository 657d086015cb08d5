import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sitePathOf } from '../../site/navigation.js';
import { describeInChromium, useChromium } from '../support/chromium.js';

const PHONE = { viewport: { width: 375, height: 667 } };

/** Pages with a diagram. */
const withDiagrams = readdirSync('docs', { recursive: true, withFileTypes: true })
  .filter(({ name }) => name.endsWith('.md'))
  .map(({ parentPath, name }) => join(parentPath, name))
  .map((path) => ({ path, diagrams: readFileSync(path, 'utf8').match(/^ *```mermaid$/gm)?.length ?? 0 }))
  .filter(({ diagrams }) => diagrams > 0);

describeInChromium('the documentation site', () => {
  let server: PreviewServer;
  let base: string;
  const browser = useChromium();
  const opened: { complaints: string[] }[] = [];

  beforeAll(async () => {
    server = await preview({
      configFile: false,
      appType: 'mpa',
      logLevel: 'silent',
      root: 'dist',
      build: { outDir: 'docs-site' },
      preview: { host: '127.0.0.1', port: 0 },
    });
    base = server.resolvedUrls!.local[0]!.replace(/\/$/, '');
  });
  afterAll(() => server.close());
  async function open(path: string, options = {}): Promise<Page> {
    const visit = await browser.open(options);
    opened.push(visit);
    await visit.page.goto(`${base}${path}`);
    return visit.page;
  }

  /** Returns how many pixels a page is wider than the window. */
  const overflowOf = (page: Page) => page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

  it('says on its home page what Gatehouse is, shows a picture, and leads to each role', async () => {
    const page = await open('/');
    expect(await page.locator('main h1').innerText()).toContain('Gatehouse');
    const picture = page.locator('main img').first();
    await picture.scrollIntoViewIfNeeded();
    await expect.poll(() => picture.evaluate('(image) => image.naturalWidth')).toBeGreaterThan(0);
    await page.locator('main').getByRole('link', { name: 'Write a client', exact: true }).first().click();
    await page.waitForURL('**/how-to/write-a-client.html');
    expect(await page.locator('main h1').innerText()).toContain('Write a client');
  });

  it('finds the page about rotating secrets', async () => {
    const page = await open('/');
    await page.getByRole('button', { name: 'Search' }).first().click();
    await page.keyboard.type('rotate');
    await page.getByRole('option').filter({ hasText: 'Rotate secrets' }).first().click();
    await page.waitForURL('**/how-to/rotate-secrets.html*');
    expect(await page.locator('main h1').innerText()).toContain('Rotate secrets');
  });

  it('is used by keyboard: search, results and links', async () => {
    const page = await open('/how-to/deploy.html');
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate('document.activeElement?.textContent?.trim()')).toBe('Skip to content');
    await page.keyboard.press('/');
    await page.keyboard.type('rotate');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.pathname.includes('/deploy'));
  });

  it.each(withDiagrams)('draws the diagrams of $path', async ({ path, diagrams }) => {
    const page = await open(`/${sitePathOf(path)}.html`);
    await expect.poll(() => page.locator('.mermaid-diagram svg').count()).toBe(diagrams);
    expect(await page.locator('.mermaid-source').count()).toBe(0);
    expect(await page.getByText('Syntax error in text').count()).toBe(0);
  });

  it('has a dark mode, in which diagrams are drawn anew', async () => {
    const page = await open('/security.html', { colorScheme: 'light' });
    const colour = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const fill = () =>
      page.locator('.mermaid-diagram .node rect').first().evaluate('(node) => getComputedStyle(node).fill');
    await page.locator('.mermaid-diagram svg').first().waitFor();
    const [light, drawn] = [await colour(), await fill()];
    await page.getByRole('switch').first().click();
    await expect.poll(colour).not.toBe(light);
    await expect.poll(fill).not.toBe(drawn);
  });

  it.each(['/', '/reference/config.html', '/explanation/architecture.html', '/spec/stages.html'])(
    'fits %s on a phone, with its menu',
    async (path) => {
      const page = await open(path, PHONE);
      await expect.poll(() => overflowOf(page)).toBeLessThanOrEqual(0);
      if (path === '/') return;
      await page.getByRole('button', { name: 'Menu', exact: true }).click();
      await expect.poll(() => page.locator('#VPSidebarNav').getByRole('link').first().isVisible()).toBe(true);
    },
  );

  it('logs no error on all these pages', () => {
    expect(opened.length).toBeGreaterThan(0);
    expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
});
