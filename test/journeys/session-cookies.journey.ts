import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(...[userEntry('alice'), userEntry('mallory')], flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])),
    ],
  });
});
afterAll(() => deployment?.close());

const ME = '/api/v3/core/users/me/';
const EXECUTOR = '/api/v3/flows/executor/login/?query=';

/** Returns the key of an anonymous session whose login plan has identified `username`. */
async function anonymousKey(username = 'mallory'): Promise<string> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  return browser.cookie()!;
}

async function logIn(username: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

/** Returns the Cookie header of a browser with several session cookies of the same name. */
const cookieHeader = (...keys: readonly string[]) => keys.map((key) => `authentik_session=${key}`).join('; ');
const usernameOf = async (cookie: string) =>
  ((await deployment.browser().fetch(ME, { headers: { cookie } })).body['user'] as { username?: string } | undefined)
    ?.username;
const pendingUserOf = async (cookie: string) =>
  (await deployment.browser().fetch(EXECUTOR, { headers: { cookie } })).body['pending_user'];

/** The orders of the planted cookie and the visitor’s cookie, which the attacker can choose. */
const BOTH = [
  ['first', (planted: string, own: string) => [planted, own]],
  ['last', (planted: string, own: string) => [own, planted]],
] as const;

describe.each(BOTH)(
  'a session cookie that was planted from a sibling domain and comes %s (accident 33)',
  (_, order) => {
    it('does not continue the session of the attacker', async () => {
      const [planted, own] = [await anonymousKey('mallory'), await anonymousKey('alice')];
      expect(await pendingUserOf(cookieHeader(...order(planted, own)))).toBeUndefined();
    });

    it('does not log the visitor in as the attacker', async () => {
      const planted = (await logIn('mallory')).cookie()!;
      const own = await anonymousKey('alice');
      expect(await usernameOf(cookieHeader(...order(planted, own)))).toBeUndefined();
      expect(await usernameOf(cookieHeader(planted))).toBeUndefined();
    });

    it('that belongs to another login authenticates nobody, and both sessions end', async () => {
      const planted = (await logIn('mallory')).cookie()!;
      const own = (await logIn('alice')).cookie()!;
      expect(await usernameOf(cookieHeader(...order(planted, own)))).toBeUndefined();
      expect([await usernameOf(cookieHeader(planted)), await usernameOf(cookieHeader(own))]).toEqual([
        undefined,
        undefined,
      ]);
    });

    it('does not prevent the next login', async () => {
      const planted = await anonymousKey('mallory');
      const browser = deployment.browser();
      const post = async (own: string, body: object) => {
        const { body: shown, setCookies } = await deployment.browser().fetch(EXECUTOR, {
          ...{ method: 'POST', body: JSON.stringify(body) },
          headers: { 'content-type': 'application/json', cookie: cookieHeader(...order(planted, own)) },
        });
        const line = setCookies.find((cookie) => cookie.startsWith('authentik_session='));
        return { shown, own: line ? line.slice(line.indexOf('=') + 1, line.indexOf(';')) : own };
      };
      await browser.show('login');
      const identified = await post(browser.cookie()!, { uid_field: 'alice' });
      expect(identified.shown).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
      const done = await post(identified.own, { password: 'correct-horse-7' });
      expect(done.shown).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(cookieHeader(...order(planted, done.own)))).toBe('alice');
    });
  },
);

describe('a browser with several session cookies', () => {
  it('uses the known session key, in any position among keys of other installations', async () => {
    const own = (await logIn('alice')).cookie()!;
    const [otherKey, thirdKey] = ['k'.repeat(43), 'l'.repeat(43)];
    for (const keys of [
      [own, otherKey],
      [otherKey, own],
      [otherKey, own, thirdKey],
      [own, own],
    ])
      expect([keys, await usernameOf(cookieHeader(...keys))]).toEqual([keys, 'alice']);
  });

  it('uses the new key of a session when the retired one is sent as well', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const before = browser.cookie()!;
    await browser.solve('login', { password: 'correct-horse-7' });
    const after = browser.cookie()!;
    for (const keys of [
      [before, after],
      [after, before],
    ])
      expect(await usernameOf(cookieHeader(...keys))).toBe('alice');
  });
});
