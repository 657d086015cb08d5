import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

let house: Deployment;
beforeAll(async () => {
  house = await Deployment.open({
    blueprints: [
      blueprint(...[userEntry('alice'), userEntry('mallory')], flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])),
    ],
  });
});
afterAll(() => house?.close());

const ME = '/api/v3/core/users/me/';
const EXECUTOR = '/api/v3/flows/executor/login/?query=';

/** A key of a session to which nobody is logged in; its plan of the login is about `username`. */
async function anonymousKey(username = 'mallory'): Promise<string> {
  const browser = house.browser();
  await browser.solve('login', { uid_field: username });
  return browser.cookie()!;
}

async function loggedIn(username: string): Promise<Browser> {
  const browser = house.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

/** What a browser sends that has several session cookies of one name; its other cookies come last. */
const sending = (...keys: readonly string[]) => keys.map((key) => `authentik_session=${key}`).join('; ');
const whoIs = async (cookie: string) =>
  ((await house.browser().fetch(ME, { headers: { cookie } })).body['user'] as { username?: string } | undefined)
    ?.username;
const nameShown = async (cookie: string) =>
  (await house.browser().fetch(EXECUTOR, { headers: { cookie } })).body['pending_user'];

/** Both orders: which of two cookies comes first is the choice of whoever planted one. */
const BOTH = [
  ['first', (planted: string, own: string) => [planted, own]],
  ['last', (planted: string, own: string) => [own, planted]],
] as const;

describe.each(BOTH)(
  'a session cookie that was planted from a sibling domain and comes %s (accident 33)',
  (_, order) => {
    it('does not make a visitor go on in the session of whoever planted it', async () => {
      const [planted, own] = [await anonymousKey('mallory'), await anonymousKey('alice')];
      expect(await nameShown(sending(...order(planted, own)))).toBeUndefined();
    });

    it('does not log a visitor in as whoever planted it', async () => {
      const planted = (await loggedIn('mallory')).cookie()!;
      const own = await anonymousKey('alice');
      expect(await whoIs(sending(...order(planted, own)))).toBeUndefined();
      expect(await whoIs(sending(planted))).toBeUndefined();
    });

    it('does not take the place of a login, and is dead from then on', async () => {
      const planted = (await loggedIn('mallory')).cookie()!;
      const own = (await loggedIn('alice')).cookie()!;
      expect(await whoIs(sending(...order(planted, own)))).toBeUndefined();
      expect([await whoIs(sending(planted)), await whoIs(sending(own))]).toEqual([undefined, undefined]);
    });

    it('keeps nobody from logging in: the next login works, beside what is left of it', async () => {
      const planted = await anonymousKey('mallory');
      const browser = house.browser();
      const post = async (own: string, body: object) => {
        const { body: shown, setCookies } = await house.browser().fetch(EXECUTOR, {
          ...{ method: 'POST', body: JSON.stringify(body) },
          headers: { 'content-type': 'application/json', cookie: sending(...order(planted, own)) },
        });
        const line = setCookies.find((cookie) => cookie.startsWith('authentik_session='));
        return { shown, own: line ? line.slice(line.indexOf('=') + 1, line.indexOf(';')) : own };
      };
      await browser.show('login');
      const begun = await post(browser.cookie()!, { uid_field: 'alice' });
      expect(begun.shown).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
      const done = await post(begun.own, { password: 'correct-horse-7' });
      expect(done.shown).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await whoIs(sending(...order(planted, done.own)))).toBe('alice');
    });
  },
);

describe('of several session cookies', () => {
  it('the one that is known here counts, wherever it stands among those of other installations', async () => {
    const own = (await loggedIn('alice')).cookie()!;
    const [other, another] = ['k'.repeat(43), 'l'.repeat(43)];
    for (const keys of [
      [own, other],
      [other, own],
      [other, own, another],
      [own, own],
    ])
      expect([keys, await whoIs(sending(...keys))]).toEqual([keys, 'alice']);
  });

  it('the new key of a session counts beside the one that it replaced', async () => {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const before = browser.cookie()!;
    await browser.solve('login', { password: 'correct-horse-7' });
    const after = browser.cookie()!;
    for (const keys of [
      [before, after],
      [after, before],
    ])
      expect(await whoIs(sending(...keys))).toBe('alice');
  });
});
