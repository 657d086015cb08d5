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
      root: 'site',
      build: { outDir: 'dist' },
      preview: { host: '127.0.0.1', port: 0 },
    });
    base = server.resolvedUrls!.local[0]!.replace(/\/$/, '');
  });
  afterAll(() => server.close());
  async function open(path: string, options = {}): Promise<Page> {
    const visit = await browser.open(options);
    opened.push(visit);
    await visit.page.goto(`${base}${path}`);
    await visit.page.waitForFunction("document.querySelector('#app').__vue_app__ !== undefined");
    return visit.page;
  }

  const titleOf = (page: Page, text: string) => page.locator('main h1', { hasText: text });

  /** Returns by how many pixels a page is wider than the window. */
  const overflowOf = (page: Page) => page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

  it('has a home page with its name, a picture, and a link to "Write a client"', async () => {
    const page = await open('/');
    expect(await page.locator('main h1').innerText()).toContain('Gatehouse');
    const picture = page.locator('main img').first();
    await picture.scrollIntoViewIfNeeded();
    await page.waitForFunction("document.querySelector('main img').naturalWidth > 0");
    await page.locator('main').getByRole('link', { name: 'Write a client', exact: true }).first().click();
    await page.waitForURL('**/how-to/write-a-client.html');
    await titleOf(page, 'Write a client').waitFor();
  });

  it('finds the page "Rotate secrets" by its search', async () => {
    const page = await open('/');
    await page.getByRole('button', { name: 'Search' }).first().click();
    await page.getByRole('searchbox').fill('rotate');
    await page.getByRole('option').filter({ hasText: 'Rotate secrets' }).first().click();
    await page.waitForURL('**/how-to/rotate-secrets.html*');
    await titleOf(page, 'Rotate secrets').waitFor();
    expect(await page.locator('main h1').innerText()).not.toContain('&');
  });

  it('has a skip link, and a search that works by keyboard alone', async () => {
    const page = await open('/how-to/deploy.html');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Skip to content');
    await page.keyboard.press('/');
    await page.waitForFunction("document.activeElement.type === 'search'");
    await page.keyboard.type('rotate');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.pathname.includes('/deploy'));
  });

  it.each(withDiagrams)('draws the diagrams of $path', async ({ path, diagrams }) => {
    const page = await open(`/${sitePathOf(path)}.html`);
    await page
      .locator('.mermaid-diagram svg')
      .nth(diagrams - 1)
      .waitFor();
    expect(await page.locator('.mermaid-diagram svg').count()).toBe(diagrams);
    expect(await page.locator('.mermaid-source').count()).toBe(0);
    expect(await page.getByText('Syntax error in text').count()).toBe(0);
  });

  it('redraws its diagrams in the colours of its dark mode', async () => {
    const page = await open('/security.html', { colorScheme: 'light' });
    const colour = 'getComputedStyle(document.body).backgroundColor';
    const fill = "getComputedStyle(document.querySelector('.mermaid-diagram .node rect')).fill";
    await page.locator('.mermaid-diagram svg').first().waitFor();
    const [light, drawn] = [await page.evaluate<string>(colour), await page.evaluate<string>(fill)];
    await page.getByRole('switch').first().click();
    await page.waitForFunction(`${colour} !== '${light}'`);
    await page.waitForFunction(`document.querySelector('.mermaid-diagram .node rect') && ${fill} !== '${drawn}'`);
    expect(await page.evaluate("document.documentElement.classList.contains('dark')")).toBe(true);
  });

  it.each(['/', '/reference/config.html', '/explanation/architecture.html', '/spec/stages.html'])(
    'shows %s on a phone without horizontal scrolling',
    async (path) => {
      const page = await open(path, PHONE);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      if (path === '/') return;
      await page.getByRole('button', { name: 'Menu', exact: true }).click();
      await page.locator('#VPSidebarNav').getByRole('link').first().waitFor();
    },
  );

  it('serves the JSON Schemas to which pages link', async () => {
    const page = await open('/reference/protocol/');
    const address = await page.locator('main').getByRole('link', { name: 'stage-request' }).getAttribute('href');
    const response = await page.request.get(`${base}${address}`);
    expect(await response.json()).toHaveProperty('$schema');
  });

  it('links files of the repository under DOCS_REPOSITORY_URL, and only names them without that setting', async () => {
    const page = await open('/spec/storage.html');
    const url = process.env['DOCS_REPOSITORY_URL'];
    const link = url ? `a[href="${url}/deploy/postgres"]` : 'span[title="deploy/postgres in the repository"]';
    expect(await page.locator(`main ${link}`).count()).toBe(1);
  });

  it('logs no error to the browser console on the pages of these tests', () => {
    expect(opened.length).toBeGreaterThan(0);
    expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
});
