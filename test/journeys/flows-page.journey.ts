import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from '../support/access.js';
import {
  blueprint,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { PHONE, smallTargetsOf } from '../support/targets.js';

const page = '/if/admin/flows/';
const STAGES = [IDENTIFICATION, PASSWORD, LOGIN];

let folder: string;
let deployment: Deployment;
let otherGateway: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-flows-page-'));
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        flowEntries('login', STAGES, { title: 'First <b>title</b>' }),
      ),
    ],
  });
  otherGateway = await deployment.openAnotherGateway();
  const draft = join(folder, 'login.yaml');
  await writeFile(draft, blueprint(flowEntries('login', [...STAGES, DUMMY], { title: 'Second' })));
  await deployment.command('blueprint', 'apply', '--draft', draft);
});
afterAll(async () => {
  await deployment?.close();
  await rm(folder, { recursive: true });
});

async function loggedIn(username: string, browser = deployment.browser()): Promise<Browser> {
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  return browser;
}

describe('the pages about flows', () => {
  it.each([page, `${page}login/?from=1&to=2`])('%s leads anonymous visitors to the login and back', async (address) => {
    const { status, headers } = await deployment.browser().fetch(address);

    expect([status, headers.get('location')]).toEqual([
      302,
      `/flows/-/default/authentication/?next=${encodeURIComponent(address)}`,
    ]);
  });

  it.each([page, `${page}login/`, `${page}nowhere/`])(
    '%s is refused to users who are no superusers',
    async (address) => {
      const { status, text } = await (await loggedIn('alice')).fetch(address, { headers: { accept: 'text/html' } });

      expect(status).toBe(403);
      expect(text).not.toContain('First');
    },
  );

  it('lists the flows with their current version and the number of newer drafts, at each gateway', async () => {
    for (const browser of [deployment.browser(), new Browser(otherGateway)]) {
      const { status, text } = await (await loggedIn('root', browser)).fetch(page);

      expect(status).toBe(200);
      expect(text).toContain('href="/if/admin/flows/login/"');
      expect(text).toContain('First &lt;b>title&lt;/b>');
      expect(text).toContain('<div>Version 1</div><div>Newer drafts: 1</div>');
      expect(text).not.toContain('<script');
    }
  });

  it('shows what differs between two versions in words', async () => {
    const { status, text } = await (await loggedIn('root')).fetch(`${page}login/?from=1&to=2`);

    expect(status).toBe(200);
    expect(text).toMatch(/Step <strong><bdi>[^<]+<\/bdi><\/strong><bdi> \(dummy\)<\/bdi>: added at position 4/);
    expect(text).toContain('<dd>before: <code dir="ltr">&quot;First &lt;b>title&lt;/b>&quot;</code></dd>');
    expect(text).toContain('<dd>after: <code dir="ltr">&quot;Second&quot;</code></dd>');
  });

  it.each(['from=1&to=99', 'from=99&to=1', 'from=1&to=99999999999999999999', 'from=x&to=2147483647', 'from=1'])(
    'says that the flow does not have both versions of ?%s',
    async (query) => {
      const { status, text } = await (await loggedIn('root')).fetch(`${page}login/?${query}`);

      expect(status).toBe(404);
      expect(text).toContain('This flow does not have both of these versions.');
      expect(text).not.toContain('added at position');
    },
  );

  it.each(['nowhere', 'a%00b', '%F0%9F%98%80', '..%2Flogin'])('%s is no flow', async (slug) => {
    const { status } = await (await loggedIn('root')).fetch(`${page}${slug}/`);

    expect(status).toBe(404);
  });
});

describeInChromium('the pages about flows in a browser', () => {
  const chromium = useChromium();

  async function openList(tab: Page): Promise<void> {
    await tab.goto(`${deployment.url}${page}`);
    await tab.getByLabel('Username or email').fill('root');
    await tab.keyboard.press('Enter');
    await tab.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await tab.keyboard.press('Enter');
    await tab.waitForURL(`${deployment.url}${page}`);
  }

  it.each([true, false])(
    'compare two versions by keyboard alone, JavaScript enabled: %s',
    async (javaScriptEnabled) => {
      const { page: tab, complaints } = await chromium.open({ javaScriptEnabled });
      await openList(tab);
      await tab.getByRole('link', { name: 'First <b>title</b>' }).focus();
      await tab.keyboard.press('Enter');
      await tab.waitForURL(`${deployment.url}${page}login/`);
      expect(await tab.getByLabel('From').inputValue()).toBe('1');
      expect(await tab.getByLabel('To').inputValue()).toBe('2');
      await tab.getByLabel('To').focus();
      await tab.keyboard.press('Tab');
      await tab.keyboard.press('Enter');
      await tab.waitForURL(`${deployment.url}${page}login/?from=1&to=2`);

      expect(await tab.locator(':focus').textContent()).toBe('From version 1 to version 2');
      expect(await tab.getByText('added at position 4').count()).toBe(1);
      expect(complaints).toEqual([]);
    },
  );

  it('have no accessibility faults in left-to-right and right-to-left languages, nor small controls on a phone', async () => {
    const { page: tab, complaints } = await chromium.open();
    await openList(tab);
    for (const [language, direction] of [
      ['en', 'ltr'],
      ['ar', 'rtl'],
    ] as const) {
      await tab.setExtraHTTPHeaders({ 'accept-language': language });
      for (const address of [page, `${page}login/?from=1&to=2`]) {
        await tab.goto(`${deployment.url}${address}`);
        expect(await tab.locator('html').getAttribute('dir')).toBe(direction);
        expect({ address, faults: await faultsOf(tab) }).toEqual({ address, faults: [] });
        await tab.setViewportSize(PHONE.viewport);
        expect({ address, small: await smallTargetsOf(tab) }).toEqual({ address, small: [] });
      }
    }
    expect(complaints).toEqual([]);
  });
});
