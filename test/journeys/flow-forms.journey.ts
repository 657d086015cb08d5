import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultsOf } from '../support/access.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import type { Deployment } from '../support/deployment.js';
import { hiddenFields, post, submit } from '../support/forms.js';
import { GreetingFlow, ROOT_KEY } from '../support/greeting-flow.js';
import { describeWithNats } from '../support/nats.js';
import { recordedEvents } from '../support/recorded-events.js';
import { PHONE, smallTargetsOf } from '../support/targets.js';

const PAGE = '/if/admin/flows/greeting/';

let flow: GreetingFlow;
let deployment: Deployment;
/** Sessions of root with a second factor, and without one. Two gateways get the requests of `root` in turn. */
let root: Browser;
let unproved: Browser;
beforeAll(async () => {
  flow = await GreetingFlow.open();
  deployment = flow.deployment;
  root = flow.root.proved.at(deployment.url, await deployment.openAnotherGateway());
  unproved = flow.root.unproved;
});
afterAll(() => deployment?.close());

const lastEvent = async (action: string) => (await recordedEvents(deployment, action)).at(-1)?.data;

describeWithNats('the forms that change a flow', () => {
  it('show the difference before a draft is published, and publish it at another gateway as root', async () => {
    const number = await flow.draft();
    const { current } = await flow.state();
    const form = `${PAGE}publish/?version=${number}`;
    const { status, text, headers } = await root.fetch(form);

    expect(status).toBe(200);
    expect(text).toContain(`From version ${current} to version ${number}`);
    expect(text).toMatch(/\(dummy\)<\/bdi>: added at position 2/);
    expect(text).not.toContain('<script');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    expect((await flow.state()).current).toBe(current);
    const done = await submit(root, form, { reason: 'two <steps>' });
    expect([done.status, done.headers.get('location')]).toEqual([303, `${PAGE}?done=1`]);
    expect((await flow.state()).current).toBe(number);
    expect((await root.fetch(`${PAGE}?done=1`)).text).toContain(`Version ${number} is current.`);
    expect(await lastEvent('flow_published')).toMatchObject({
      ...{ actor: { type: 'user', username: 'root' }, request_id: expect.any(String) },
      context: { version: number, previous_version: current, reason: 'two <steps>' },
    });
  });

  it('refuse a confirmation if another version became current meanwhile, and show the new difference', async () => {
    const number = await flow.draft();
    const form = `${PAGE}publish/?version=${number}`;
    const confirmed = await hiddenFields(root, form);
    await deployment.command('flow', 'publish', 'greeting', '1');
    const refused = await post(root, form, { ...confirmed, reason: 'as "agreed"' });

    expect(refused.status).toBe(409);
    expect(refused.text).toContain('The flow was changed meanwhile.');
    expect(refused.text).toContain(`From version 1 to version ${number}`);
    expect(refused.text).toContain('value="as &quot;agreed&quot;"');
    const { current: _current, ...unsaid } = await hiddenFields(root, form);
    expect((await post(root, form, unsaid)).status).toBe(409);
    expect((await flow.state()).current).toBe(1);
    expect((await submit(root, form, {})).status).toBe(303);
    expect((await flow.state()).current).toBe(number);
  });

  it('start a rollout with a guard, show its state, change its share, and end it', async () => {
    const number = await flow.draft();
    const { current } = await flow.state();
    const form = `${PAGE}rollout/?version=${number}`;
    const fields = { percent: '2.5', margin: '1.5', for: '2h', reason: '' };
    expect((await submit(root, form, fields)).status).toBe(303);
    expect(await flow.state()).toEqual({ current, candidate: number, share: 250 });
    expect((await lastEvent('flow_rollout_started'))?.context).toMatchObject({ percent: 2.5, guard_margin: 1.5 });
    const { text } = await root.fetch(PAGE);
    expect(text).toContain(`Version ${number} gets 2.5 % of the visitors, version ${current} the others.`);
    expect(text).toContain('It allows a drop of 1.5 percentage points.');
    expect(text).toContain('The guard has not looked yet.');
    expect((await root.fetch(form)).text).toContain('value="2.5"');
    expect((await submit(root, form, { percent: '40', margin: '', for: '' })).status).toBe(303);
    expect(await flow.state()).toEqual({ current, candidate: number, share: 4000 });
    expect((await root.fetch(PAGE)).text).toContain('It allows a drop of 1.5 percentage points.');
    const end = await root.fetch(`${PAGE}rollback/`);
    expect(end.text).toContain(`End the rollout of version ${number}`);
    expect(end.text).toContain(`From version ${number} to version ${current}`);
    expect((await submit(root, `${PAGE}rollback/`, {})).status).toBe(303);
    expect(await flow.state()).toEqual({ current, candidate: null, share: null });
  });

  it('show the finding of the guard, and say if the guard has stopped or is not running', async () => {
    const number = await flow.draft();
    const { current } = await flow.state();
    const version = { plans: 4, completed: 3, networks: 2 };
    const finding = JSON.stringify({ verdict: 'unclear', current: version, candidate: version, tests: 1 });
    await submit(root, `${PAGE}rollout/?version=${number}`, { percent: '10', margin: '2', for: '1h' });
    await deployment.rows(`UPDATE flow.flows SET candidate_until = now() - interval '1 s' WHERE slug = 'greeting'`);
    await deployment.rows('UPDATE flow.rollouts SET finding = $1, looked_at = now()', [finding]);
    const unwatched = (await root.fetch(PAGE)).text;
    expect(unwatched).toContain(`No guard looks. New logins get version ${current} until one does.`);
    expect(unwatched).toContain('The rate seems to have dropped, but too few logins show it.');
    await deployment.rows('UPDATE flow.rollouts SET halted_at = now()');
    const halted = (await root.fetch(PAGE)).text;
    expect(halted).toContain('The guard has stopped, because the version before may protect accounts less.');
    expect(halted).not.toContain('No guard looks.');
    await submit(root, `${PAGE}rollback/`, {});
  });

  it('make a change once if the same form is sent to two gateways at the same time', async () => {
    const number = await flow.draft();
    const form = `${PAGE}publish/?version=${number}`;
    const fields = await hiddenFields(root, form);
    const releases = () => deployment.rows(`SELECT id FROM flow.releases WHERE slug = 'greeting'`);
    const before = (await releases()).length;
    const responses = await Promise.all([post(root, form, fields), post(root, form, fields)]);

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([303, 409]));
    expect((await flow.state()).current).toBe(number);
    expect((await releases()).length).toBe(before + 1);
  });

  it('roll back to the version that was current before, and refuse if a rollout was started meanwhile', async () => {
    const number = await flow.draft();
    const { current } = await flow.state();
    await submit(root, `${PAGE}publish/?version=${number}`, {});
    const form = `${PAGE}rollback/`;
    expect((await root.fetch(form)).text).toContain(`Roll back to version ${current}`);
    const confirmed = await hiddenFields(root, form);
    await deployment.command('flow', 'publish', 'greeting', '1', '--percent', '10');
    expect((await post(root, form, confirmed)).status).toBe(409);
    expect(await flow.state()).toEqual({ current: number, candidate: 1, share: 1000 });
    await deployment.command('flow', 'rollback', 'greeting');
    expect((await submit(root, form, {})).status).toBe(303);
    expect(await flow.state()).toEqual({ current, candidate: null, share: null });
  });

  it('mark invalid fields, and keep the typed values', async () => {
    const before = await flow.state();
    const typed = { percent: '100', margin: '4', for: '8d', reason: 'x'.repeat(501) };
    const { status, text } = await submit(root, `${PAGE}rollout/?version=1`, typed);

    expect(status).toBe(400);
    const wrong = text.match(/<input[^>]*aria-invalid="true"[^>]*>/g)?.map((input) => /name="(\w+)"/.exec(input)?.[1]);
    expect(wrong).toEqual(['percent', 'for', 'reason']);
    for (const value of Object.values(typed)) expect(text).toContain(`value="${value}"`);
    expect(await flow.state()).toEqual(before);
  });

  it.each(['publish/?version=999', 'publish/', 'rollout/?version=x', 'preview/?version=99999999999'])(
    'return 404 at %s, and say that there is no such version',
    async (form) => {
      const { status, text } = await root.fetch(`${PAGE}${form}`);

      expect([status, text.includes('There is no such version of the flow.')]).toEqual([404, true]);
      expect(text).not.toContain('name="current"');
    },
  );

  it('refuse to publish the current version, and to roll out a second version', async () => {
    const [number, { current }] = [await flow.draft(), await flow.state()];
    const published = await root.fetch(`${PAGE}publish/?version=${current}`);
    expect([published.status, published.text.includes('It is current already.')]).toEqual([409, true]);
    await submit(root, `${PAGE}rollout/?version=${number}`, { percent: '1' });
    const second = await root.fetch(`${PAGE}rollout/?version=1`);
    expect([second.status, second.text.includes('Another version is being rolled out.')]).toEqual([409, true]);
    await submit(root, `${PAGE}rollback/`, {});
  });

  it.each(['nowhere/publish/', 'a%00b/publish/', 'greeting/delete/'])('have no page at %s', async (form) => {
    expect((await root.fetch(`/if/admin/flows/${form}?version=1`)).status).toBe(404);
  });

  it('open a preview as a test user, and refuse users who cannot be test users', async () => {
    const form = `${PAGE}preview/?version=1`;
    const { status, headers } = await submit(root, form, { user: 'tester' });
    const link = headers.get('location') ?? '';
    expect([status, link]).toEqual([303, expect.stringMatching(/^\/if\/preview\/[\w-]+\/$/)]);
    expect((await root.fetch(link)).text).toContain('tester');
    for (const user of ['nobody', 'root', '', 'a\0b']) {
      const refused = await submit(root, form, { user });
      expect([user, refused.status]).toEqual([user, 400]);
      expect(refused.text).toContain('The test user must exist, be active, and be no superuser.');
    }
  });

  it('are for superusers only, and redirect anonymous visitors to the login', async () => {
    const before = await flow.state();
    const form = `${PAGE}publish/?version=1`;
    const login = `/flows/-/default/authentication/?next=${encodeURIComponent(form)}`;
    const anonymous = deployment.browser();
    expect((await anonymous.fetch(form)).headers.get('location')).toBe(login);
    expect((await post(anonymous, form, {})).headers.get('location')).toBe(login);
    const alice = await flow.logIn('alice');
    expect((await alice.fetch(form)).status).toBe(403);
    expect((await post(alice, form, await hiddenFields(root, form))).status).toBe(403);
    const { text, status } = await alice.fetch('/if/user/');
    expect([status, text.includes('/if/admin/flows/')]).toEqual([200, false]);
    expect((await root.fetch('/if/user/')).text).toContain('href="/if/admin/flows/"');
    expect(await flow.state()).toEqual(before);
  });

  it('refuse posts from other sites, and posts without the CSRF token', async () => {
    const before = await flow.state();
    const form = `${PAGE}publish/?version=1`;
    const fields = await hiddenFields(root, form);
    const foreign = await root.fetch(form, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
      body: new URLSearchParams({ ...fields, reason: 'of another site' }).toString(),
    });
    expect(foreign.status).toBe(403);
    expect(foreign.text).not.toContain('of another site');
    const stale = await post(root, form, { ...fields, csrf_token: 'x'.repeat(32), reason: 'kept' });
    expect(stale.status).toBe(403);
    expect(stale.text).toContain('This page was open for too long.');
    expect(stale.text).toContain('value="kept"');
    const headers = { authorization: `Bearer ${ROOT_KEY}`, 'content-type': 'application/x-www-form-urlencoded' };
    const byToken = await fetch(`${deployment.url}${form}`, { method: 'POST', headers, redirect: 'manual' });
    expect(byToken.status).toBe(403);
    expect(await flow.state()).toEqual(before);
  });

  it('show, without a recent second factor, a link to a login that returns to the same form', async () => {
    const before = await flow.state();
    const form = `${PAGE}rollout/?version=1`;
    const back = `${form}&percent=33&margin=4&for=3h&reason=typed`;
    const login = `href="/flows/-/default/authentication/?next=${encodeURIComponent(back)}"`;
    const shown = await unproved.fetch(form);
    expect([shown.status, shown.text.includes('Sign in again')]).toEqual([200, true]);
    expect(shown.text).not.toContain('<button class="main"');
    const typed = { percent: '33', margin: '4', for: '3h', reason: 'typed' };
    const refused = await submit(unproved, form, typed);
    expect([refused.status, refused.text.replaceAll('&amp;', '&').includes(login)]).toEqual([403, true]);
    expect((await root.fetch(back)).text).toContain('name="percent" value="33"');
    const long = await submit(unproved, form, { ...typed, reason: 'ل'.repeat(500) });
    expect(long.text).toContain(encodeURIComponent(`${form}&percent=33&margin=4&for=3h`));
    expect(long.text).not.toContain(encodeURIComponent('&reason='));
    expect(await flow.state()).toEqual(before);
  });

  it('say that another change is running or the service is down, and keep the typed values', async () => {
    const form = `${PAGE}publish/?version=1`;
    const fields = { ...(await hiddenFields(root, form)), reason: 'kept' };
    const command = new pg.Client({ connectionString: flow.database.url });
    await command.connect();
    await command.query(`SELECT pg_advisory_lock(hashtext('gatehouse blueprints'))`);
    const busy = await post(root, form, fields);
    await command.end();
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([409, '1']);
    expect(busy.text).toContain('Another change of flows is running. Try again later.');
    expect(busy.text).toContain('value="kept"');
    await submit(root, `${PAGE}rollout/?version=1`, { percent: '1' });
    await deployment.stop('blueprints');
    const away = await post(root, form, fields);
    const rollout = (await root.fetch(PAGE)).text;
    await deployment.start('blueprints');
    await submit(root, `${PAGE}rollback/`, {});

    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
    for (const text of [away.text, rollout]) expect(text).toContain('Flows cannot be changed at the moment.');
    expect(away.text).toContain('value="kept"');
  });
});

describeInChromium('the forms that change a flow, in a browser', () => {
  const chromium = useChromium();

  /** Opens a page in the session of a browser. */
  async function open(browser: Browser, address: string, options: Parameters<typeof chromium.open>[0] = {}) {
    const opened = await chromium.open(options);
    const cookie = { name: 'authentik_session', value: browser.cookie() ?? '', url: deployment.url };
    await opened.page.context().addCookies([cookie]);
    await opened.page.goto(`${deployment.url}${address}`);
    return opened;
  }

  it('publish, roll out, roll back and preview by keyboard alone, without JavaScript', async () => {
    const number = await flow.draft();
    const { current } = await flow.state();
    const { page: tab, complaints } = await open(root, PAGE, { javaScriptEnabled: false });
    const press = async (role: 'link' | 'button', name: string) => {
      await tab.getByRole(role, { name, exact: true }).focus();
      await tab.keyboard.press('Enter');
    };
    await press('link', `Roll out Version ${number}`);
    await tab.waitForURL(`${deployment.url}${PAGE}rollout/?version=${number}`);
    await tab.getByLabel('Percent of the visitors').focus();
    await tab.keyboard.press('Control+A');
    await tab.keyboard.type('10');
    await tab.keyboard.press('Enter');
    await tab.waitForURL(`${deployment.url}${PAGE}?done=1`);
    expect(await tab.locator(':focus').textContent()).toBe(`Version ${number} for 10 % of the visitors`);
    expect(await flow.state()).toEqual({ current, candidate: number, share: 1000 });
    await press('link', 'Publish for all visitors');
    await tab.waitForURL(`${deployment.url}${PAGE}publish/?version=${number}`);
    await press('button', `Publish version ${number}`);
    await tab.waitForURL(`${deployment.url}${PAGE}?done=1`);
    expect(await tab.locator(':focus').textContent()).toBe(`Version ${number} is current.`);
    await press('link', `Roll back Version ${number}`);
    await press('button', `Roll back to version ${current}`);
    await tab.waitForURL(`${deployment.url}${PAGE}?done=1`);
    expect(await flow.state()).toEqual({ current, candidate: null, share: null });
    await press('link', `Preview Version ${number}`);
    await tab.getByLabel('Test user').fill('tester');
    const preview = tab.context().waitForEvent('page');
    await tab.keyboard.press('Enter');
    await (await preview).waitForURL(/\/if\/preview\//);
    expect(complaints).toEqual([]);
  });

  it('link to a login with a second factor, which returns to the same confirmation', async () => {
    const { current } = await flow.state();
    const { page: tab } = await open(unproved, `${PAGE}publish/?version=1`);
    await tab.getByRole('link', { name: 'Sign in again' }).click();
    await tab.getByLabel('Username or email').fill('root');
    await tab.keyboard.press('Enter');
    await tab.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await tab.keyboard.press('Enter');
    await tab.getByLabel(/code/i).fill(flow.root.codes.shift() ?? '');
    await tab.keyboard.press('Enter');
    await tab.waitForURL(`${deployment.url}${PAGE}publish/?version=1`);
    await tab.getByRole('button', { name: 'Publish version 1' }).click();
    await tab.waitForURL(`${deployment.url}${PAGE}?done=1`);

    expect([current === 1, (await flow.state()).current]).toEqual([false, 1]);
  });

  it('have no accessibility faults in left-to-right and right-to-left languages, nor small controls on a phone', async () => {
    const number = await flow.draft();
    await submit(root, `${PAGE}rollout/?version=${number}`, { percent: '10', margin: '2', for: '1h' });
    const { page: tab, complaints } = await open(root, PAGE);
    for (const [language, direction] of [
      ['en', 'ltr'],
      ['ar', 'rtl'],
    ] as const) {
      await tab.setExtraHTTPHeaders({ 'accept-language': language });
      for (const address of ['', `rollout/?version=${number}`, 'preview/?version=1']) {
        await tab.goto(`${deployment.url}${PAGE}${address}`);
        expect(await tab.locator('html').getAttribute('dir')).toBe(direction);
        expect({ address, faults: await faultsOf(tab) }).toEqual({ address, faults: [] });
        await tab.setViewportSize(PHONE.viewport);
        expect({ address, small: await smallTargetsOf(tab) }).toEqual({ address, small: [] });
      }
    }
    expect(complaints).toEqual([]);
  });
});
