import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultsOf } from '../support/access.js';
import {
  blueprint,
  conditionEntry,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';

describeInChromium('the flow inspector', () => {
  let deployment: Deployment;
  const chromium = useChromium();

  beforeAll(async () => {
    const skipped = { ...DUMMY, binding: { evaluate_on_plan: false, re_evaluate_policies: true } };
    deployment = await Deployment.open({
      blueprints: [
        blueprint(
          userEntry('alice'),
          { ...groupEntry('admins'), attrs: { is_superuser: true } },
          userEntry('root', { groups: [keyOf('group admins')] }),
          groupEntry('nobody'),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('check', [PASSWORD, skipped, DUMMY], { designation: 'stage_configuration' }),
          conditionEntry(['check', 1], 'group nobody'),
        ),
      ],
    });
  });
  afterAll(() => deployment.close());

  const answer = async (page: Page, label: string, text: string) => {
    await page.getByLabel(label, { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  };

  async function loggedIn(username: string, query = '') {
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}/if/flow/login/?next=/if/user/${query}`);
    await answer(page, 'Username or email', username);
    await answer(page, 'Password', 'correct-horse-7');
    return { page, complaints };
  }

  const panel = (page: Page) => page.getByRole('complementary', { name: 'Flow inspector' });
  const states = (page: Page) =>
    panel(page)
      .getByRole('listitem')
      .evaluateAll((items) => items.map(({ className }) => className));

  it('shows an administrator the states of the steps after each response, and pauses before the final redirect', async () => {
    const { page, complaints } = await loggedIn('root');
    await page.waitForURL(`${deployment.url}/if/user/`);
    await page.goto(`${deployment.url}/api/v3/flows/instances/check/execute/`);
    await page.goto(`${deployment.url}/if/flow/check/?inspector&next=/if/user/`);
    await panel(page).waitFor();
    expect(await states(page)).toEqual(['current', 'planned', 'planned']);
    expect(await panel(page).textContent()).toContain('"username": "root"');
    await answer(page, 'Password', 'wrong');
    await panel(page).getByRole('cell', { name: 'rejected' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await answer(page, 'Password', 'correct-horse-7');
    await panel(page).getByText('skipped by its policies').waitFor();
    expect(await states(page)).toEqual(['passed', 'skipped', 'current']);
    expect(await panel(page).textContent()).not.toMatch(/correct-horse|wrong/);
    await page.getByRole('main').getByRole('button').click();
    await page.getByText('The flow leads to /if/user/.').waitFor();
    expect(await panel(page).textContent()).toContain('The run is over.');
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Continue' }).click();
    await page.waitForURL(`${deployment.url}/if/user/`);

    expect(complaints).toEqual([]);
  });

  it('appears at the end of a login, once the visitor is known to be an administrator', async () => {
    const { page } = await loggedIn('root', '&inspector');
    await page.getByText('The flow leads to /if/user/.').waitFor();

    expect(await states(page)).toEqual(['passed', 'passed', 'passed']);
  });

  it('shows times in the language of the page and in the time zone of the visitor', async () => {
    const { page } = await chromium.open({ locale: 'de', timezoneId: 'Asia/Kathmandu' });
    await page.goto(`${deployment.url}/if/flow/login/?inspector`);
    await answer(page, 'Benutzername oder E-Mail-Adresse', 'root');
    await answer(page, 'Passwort', 'correct-horse-7');
    const time = page.locator('.inspector time').first();
    await time.waitFor();
    const at = new Date((await time.getAttribute('datetime'))!);
    const words = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('de', { timeZone: 'Asia/Kathmandu', ...options }).format(at);

    expect(await time.textContent()).toBe(words({ timeStyle: 'medium' }));
    expect(await time.getAttribute('title')).toBe(
      words({ day: 'numeric', month: 'long', year: 'numeric', hour: 'numeric', minute: '2-digit' }),
    );
  });

  it('is not available to other users, whose flow runs as usual', async () => {
    const { page } = await loggedIn('alice', '&inspector');
    await page.waitForURL(`${deployment.url}/if/user/`);
    const inspectorReply = page.waitForResponse(/\/flows\/inspector\//);
    await page.goto(`${deployment.url}/if/flow/check/?inspector`);

    expect((await inspectorReply).status()).toBe(404);
    expect(await panel(page).count()).toBe(0);
  });
});
