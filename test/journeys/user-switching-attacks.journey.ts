import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  brandEntry,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const SWITCH = '/api/v3/core/users/switch/';
const RIGHT = { password: 'correct-horse-7' };
const FORM = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const toBare = (keep_context: boolean) => ({
  stage: 'redirect.redirectstage',
  attrs: { mode: 'flow', target_flow: keyOf('bare'), keep_context },
});
/** Returns a brand with these flows, and all flows that a test can choose. */
const withBrand = (user_switch: string, authentication = 'login') =>
  blueprint(
    ...['alice', 'bob', 'carol'].map((name) => userEntry(name)),
    flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { authentication: 'require_unauthenticated' }),
    [fieldEntry('new', ['username', 'text']), fieldEntry('own', ['name', 'text'])],
    flowEntries('join', [asking('new', ['username']), writing('create_when_required'), LOGIN], {
      authentication: 'require_unauthenticated',
    }),
    flowEntries('own', [asking('own', ['name']), writing('never_create')], FORM),
    flowEntries('bare', [LOGIN], { ...FORM, authentication: 'none' }),
    flowEntries('at-once', [], FORM),
    flowEntries('detour', [toBare(true)], FORM),
    flowEntries('forgetful', [toBare(false)], FORM),
    flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
    brandEntry('authentik-default', {
      ...{ default: true, flow_authentication: keyOf(authentication), flow_invalidation: keyOf('logout') },
      flow_user_switch: keyOf(user_switch),
    }),
  );

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'password', 'session', 'enrollment'],
    blueprints: [withBrand('at-once')],
  });
}, 120_000);
afterAll(() => deployment?.close());

const post = (browser: Browser, body: object) =>
  browser.fetch(SWITCH, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  });
async function to(browser: Browser, username: string) {
  const [user] = await deployment.rows<{ pk: number }>('SELECT pk FROM directory.users WHERE username = $1', [
    username,
  ]);
  return post(browser, { user_pk: user!.pk });
}
async function logIn(username: string, browser = deployment.browser()): Promise<Browser> {
  await browser.show('login');
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', RIGHT);
  return browser;
}
async function add(browser: Browser, username: string): Promise<Browser> {
  await post(browser, { action: 'add' });
  return logIn(username, browser);
}
/** Returns a browser in which alice and bob are logged in. Bob is the current user. */
const both = async () => add(await logIn('alice'), 'bob');
const nameOf = async (username: string) =>
  (await deployment.rows<{ name: string }>('SELECT name FROM directory.users WHERE username = $1', [username]))[0]!
    .name;

describe('a change to another user without a proof', () => {
  it('does not claim the methods that the user has proved before', async () => {
    const browser = (await both()).complete();
    await to(browser, 'alice');
    await browser.show('at-once');
    const { user } = (await browser.fetch('/api/v3/core/users/me/')).body as { user: Record<string, unknown> };
    expect(user).toMatchObject({ username: 'alice', amr: [] });
  });

  it('leaves at most one valid session key, even with a concurrent logout', async () => {
    const browser = await both();
    await to(browser, 'alice');
    const twin = () => {
      const copy = deployment.browser();
      for (const name of ['authentik_session', 'authentik_user_switching', 'authentik_csrf'])
        copy.plant(browser.cookie(name), name);
      return copy;
    };
    const all = [twin(), twin(), twin(), twin()];
    await Promise.all(all.map((copy, i) => copy.show(i === 3 ? 'logout' : 'at-once')));
    const users = await Promise.all(all.map(usernameOf));
    expect(users.filter((name) => name !== undefined).length).toBeLessThanOrEqual(1);
    const [keys] = await deployment.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM flow.session_keys k JOIN flow.sessions s ON s.id = k.session_id
       WHERE k.until IS NULL AND s.login_set IN (SELECT login_set FROM flow.sessions GROUP BY 1 HAVING count(*) > 1)`,
    );
    expect(keys!.n).toBeLessThanOrEqual(2);
  });
});

describe('a page of the previous user', () => {
  it('cannot answer a flow of the new user, even without a step id', async () => {
    const browser = await both();
    expect((await browser.show('own')).body).toMatchObject({ component: 'ak-stage-prompt' });
    await to(browser, 'alice');
    await browser.show('at-once');
    expect(await usernameOf(browser)).toBe('alice');
    const late = await browser.solve('own', { name: 'Bob' });
    expect([late.body['component'], late.headers.get('x-gatehouse-reason')]).toEqual([
      ...['ak-stage-prompt', 'error=other_step'],
    ]);
    expect(await nameOf('alice')).toBe('alice');
    await browser.solve('own', { name: 'Alice' });
    expect(await nameOf('alice')).toBe('Alice');
  });
});

describe('a redirect stage of the flow that changes the user', () => {
  it('redirects to another flow that changes the user, and creates no session', async () => {
    await deployment.apply(withBrand('detour'));
    const browser = await both();
    await to(browser, 'alice');
    const before = await deployment.rows(`SELECT id FROM flow.sessions WHERE user_id IS NOT NULL`);
    expect((await browser.show('detour')).body).toMatchObject({ to: '/if/flow/bare/' });
    await browser.show('bare');
    expect(await usernameOf(browser)).toBe('alice');
    const sessions = await deployment.rows<{ username: string }>(
      `SELECT username FROM flow.sessions s JOIN directory.users u ON u.id = s.user_id
       WHERE login_set = (SELECT login_set FROM flow.sessions ORDER BY seen_at DESC LIMIT 1) ORDER BY 1`,
    );
    expect(sessions.map(({ username }) => username)).toEqual(['alice', 'bob']);
    expect(await deployment.rows(`SELECT id FROM flow.sessions WHERE user_id IS NOT NULL`)).toHaveLength(before.length);
  });

  it('does not change the user if keep_context is false', async () => {
    await deployment.apply(withBrand('forgetful'));
    const browser = await both();
    await to(browser, 'alice');
    await browser.show('forgetful');
    await browser.show('bare');
    expect(await usernameOf(browser)).toBe('bob');
  });
});

describe('a login that adds a user', () => {
  it('runs its steps for an anonymous visitor, not for the user who is logged in', async () => {
    await deployment.apply(withBrand('at-once', 'join'));
    const browser = await logIn('carol');
    await post(browser, { action: 'add' });
    await browser.show('join');
    await browser.solve('join', { username: 'dave' });
    expect(
      await deployment.rows(`SELECT username FROM directory.users WHERE username IN ('carol', 'dave') ORDER BY 1`),
    ).toEqual([{ username: 'carol' }, { username: 'dave' }]);
    expect(await usernameOf(browser)).toBe('dave');
  });
});
