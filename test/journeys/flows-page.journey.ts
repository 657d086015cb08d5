import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, loadAxe } from '../support/access.js';
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
/** A session of root, in which tests only look at pages. */
let root: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-flows-page-'));
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        flowEntries('login', STAGES, { title: 'First <b>title</b>' }),
        flowEntries('unused', [DUMMY], { designation: 'enrollment' }),
      ),
    ],
  });
  otherGateway = await deployment.openAnotherGateway();
  const draft = join(folder, 'login.yaml');
  await writeFile(draft, blueprint(flowEntries('login', [...STAGES, DUMMY], { title: 'Second' })));
  await deployment.command('blueprint', 'apply', '--draft', draft);
  root = await loggedIn('root');
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
  it.each([page, `${page}login/?from=1&to=2`])(
    '%s redirects anonymous visitors to the login, with the page as next',
    async (address) => {
      const { status, headers } = await deployment.browser().fetch(address);

      expect([status, headers.get('location')]).toEqual([
        302,
        `/flows/-/default/authentication/?next=${encodeURIComponent(address)}`,
      ]);
    },
  );

  it.each([page, `${page}login/`, `${page}nowhere/`])(
    '%s is refused to users who are no superusers',
    async (address) => {
      const { status, text } = await (await loggedIn('alice')).fetch(address, { headers: { accept: 'text/html' } });

      expect(status).toBe(403);
      expect(text).not.toContain('First');
    },
  );

  it('list the flows with their current version and the number of newer drafts, at each gateway', async () => {
    for (const browser of [deployment.browser(), new Browser(otherGateway)]) {
      const { status, text } = await (await loggedIn('root', browser)).fetch(page);

      expect(status).toBe(200);
      expect(text).toContain('href="/if/admin/flows/login/"');
      expect(text).toContain('First &lt;b>title&lt;/b>');
      expect(text).toContain('<div>Version 1</div><div>Newer drafts: 1</div>');
      expect(text).not.toContain('<script');
    }
  });

  it('show the difference between two versions in words', async () => {
    const { status, text } = await root.fetch(`${page}login/?from=1&to=2`);

    expect(status).toBe(200);
    expect(text).toMatch(/Step <strong><bdi>[^<]+<\/bdi><\/strong><bdi> \(dummy\)<\/bdi>: added at position 4/);
    expect(text).toContain('<dd>before: <code dir="ltr">&quot;First &lt;b>title&lt;/b>&quot;</code></dd>');
    expect(text).toContain('<dd>after: <code dir="ltr">&quot;Second&quot;</code></dd>');
  });

  it.each(['from=1&to=99', 'from=99&to=1', 'from=1&to=99999999999999999999', 'from=x&to=2147483647', 'from=1'])(
    'say that the flow does not have both versions of ?%s',
    async (query) => {
      const { status, text } = await root.fetch(`${page}login/?${query}`);

      expect(status).toBe(404);
      expect(text).toContain('This flow does not have both of these versions.');
      expect(text).not.toContain('added at position');
    },
  );

  it.each(['nowhere', 'a%00b', '%F0%9F%98%80', '..%2Flogin'])('return 404 for the unknown flow %s', async (slug) => {
    const { status } = await root.fetch(`${page}${slug}/`);

    expect(status).toBe(404);
  });
});

describe('the diagram of a flow', () => {
  it('shows the current version with the numbers of the last day by default, as a picture and as a table', async () => {
    const visitor = deployment.browser();
    await visitor.solve('login', { uid_field: 'alice' });
    await visitor.solve('login', { password: 'wrong-horse-1' });
    await loggedIn('alice', visitor);
    const { status, text } = await root.fetch(`${page}login/`);

    expect(status).toBe(200);
    expect(text).toContain('Diagram of version 1');
    const funnel = (await root.fetch('/api/v3/flows/instances/login/funnel/?since=1d&version=1')).body as unknown as {
      versions: [{ begun: number; done: number; steps: { name: string; reached: number; passed: number }[] }];
    };
    const [{ begun, done, steps }] = funnel.versions;
    expect([begun > 1, text.includes(`<li>begun: ${begun}</li>`), text.includes(`>finished: ${done}</text>`)]).toEqual([
      true,
      true,
      true,
    ]);
    for (const { name, reached, passed } of steps) {
      expect(text).toContain(`>reached: ${reached}</text>`);
      expect(text).toMatch(new RegExp(`<bdi>${name}</bdi>.*?<td>–</td><td>${reached}</td><td>${passed}</td>`));
    }
    expect(text).toMatch(/>passed: \d+ · [\d.]+ sec</);
  });

  it('shows the version and the period in the address', async () => {
    const { status, text } = await root.fetch(`${page}login/?version=2&since=12h`);

    expect(status).toBe(200);
    expect(text).toContain('Diagram of version 2');
    expect(text).toMatch(/<option value="12h" selected>12 hours</);
    expect(text).toContain('No data: no visit of this version has ended in the period.');
  });

  it.each([
    ['version=99', 404, 'This flow does not have this version.'],
    ['version=x', 404, 'This flow does not have this version.'],
    ['version=99999999999999999999', 404, 'This flow does not have this version.'],
    ['since=soon', 400, 'The period must be a number of hours or days'],
    ['since=9999d', 400, 'The period must be a number of hours or days'],
    ['since=1d&since=%3Cb%3E', 400, 'The period must be a number of hours or days'],
  ])('is replaced by an error for ?%s', async (query, expected, words) => {
    const { status, text } = await root.fetch(`${page}login/?${query}`);

    expect([status, text.includes(words), text.includes('<svg class="diagram"')]).toEqual([expected, true, false]);
  });

  it('has its completion rate of the last day in the list of flows, or “no data” without visits', async () => {
    const { text } = await root.fetch(page);

    expect(text).toMatch(/Last day: [\d.]+% of \d+ finished/);
    expect(text).toContain('<div>Last day: no data</div>');
  });
});

describe('the simulation of a flow', () => {
  it('lists the findings and the paths of the version in the address', async () => {
    const { status, text } = await root.fetch(`${page}login/?version=2&simulate=1`);

    expect(status).toBe(200);
    expect(text).toMatch(/<h3 tabindex="-1" autofocus>Findings in version 2<\/h3><p>No findings\.<\/p>/);
    expect(text).toContain('<bdi>[anonymous]</bdi>');
    expect(text).toContain('<bdi>logged in with a first factor</bdi>');
  });

  it('is shown only on request, and not for a version that does not exist', async () => {
    expect((await root.fetch(`${page}login/`)).text).not.toContain('Findings in version');
    const { status, text } = await root.fetch(`${page}login/?version=99&simulate=1`);
    expect([status, text.includes('Findings in version')]).toEqual([404, false]);
  });

  it('is shown to superusers only', async () => {
    expect((await (await loggedIn('alice')).fetch(`${page}login/?simulate=1`)).status).toBe(403);
  });
});

describeInChromium('the pages about flows in a browser', () => {
  const chromium = useChromium();

  /** Logs root in on the page that the list of flows leads to. */
  async function openList(tab: Page): Promise<void> {
    await tab.goto(`${deployment.url}${page}`);
    await tab.getByLabel('Username or email').fill('root');
    await tab.keyboard.press('Enter');
    await tab.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await tab.keyboard.press('Enter');
    await tab.waitForURL(`${deployment.url}${page}`);
  }

  /** Opens a page in the session of root. */
  async function openAsRoot() {
    const opened = await chromium.open();
    const cookie = { name: 'authentik_session', value: root.cookie() ?? '', url: deployment.url };
    await opened.page.context().addCookies([cookie]);
    return opened;
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

  it('mirror the diagram in Arabic, scroll it on a phone, and show the table by keyboard', async () => {
    const { page: tab, complaints } = await openAsRoot();
    await tab.setExtraHTTPHeaders({ 'accept-language': 'en' });
    await tab.goto(`${deployment.url}${page}login/`);
    const sides = () =>
      tab.locator('.diagram').evaluate((svg) => {
        const { left, right } = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll('text')].map((text) => text.getBoundingClientRect());
        const [step] = [...svg.querySelectorAll('rect.step')].map((rect) => rect.getBoundingClientRect());
        return {
          isFromStart: step!.left - left < right - step!.right,
          isInside: texts.every((t) => t.left >= left && t.right <= right),
        };
      });
    expect(await sides()).toEqual({ isFromStart: true, isInside: true });
    await tab.getByText('The diagram as a table').focus();
    await tab.keyboard.press('Enter');
    expect(await tab.getByRole('table').isVisible()).toBe(true);
    expect(await faultsOf(tab)).toEqual([]);
    await tab.setViewportSize(PHONE.viewport);
    const scrolls = await tab
      .locator('.scrolled')
      .first()
      .evaluate((area) => area.scrollWidth > area.clientWidth);
    await tab.setExtraHTTPHeaders({ 'accept-language': 'ar' });
    await tab.goto(`${deployment.url}${page}login/`);
    expect([scrolls, await sides()]).toEqual([true, { isFromStart: false, isInside: true }]);
    expect(complaints).toEqual([]);
  });

  it('have no accessibility faults in left-to-right and right-to-left languages, nor small controls on a phone', async () => {
    const { page: tab, complaints } = await openAsRoot();
    await loadAxe(tab);
    for (const [language, direction] of [
      ['en', 'ltr'],
      ['ar', 'rtl'],
    ] as const) {
      await tab.setExtraHTTPHeaders({ 'accept-language': language });
      for (const address of [page, `${page}login/?from=1&to=2`, `${page}login/?simulate=1`]) {
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
