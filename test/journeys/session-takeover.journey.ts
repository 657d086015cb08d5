import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('bob'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('bound', [
          IDENTIFICATION,
          PASSWORD,
          {
            ...LOGIN,
            attrs: { session_duration: 'hours=2', network_binding: 'bind_asn', geoip_binding: 'bind_continent' },
          },
        ]),
      ),
    ],
  });
});
afterAll(() => deployment.close());

async function logIn(browser = deployment.browser(), { slug = 'login', user = 'alice' } = {}) {
  await browser.solve(slug, { uid_field: user });
  const answer = await browser.solve(slug, { password: 'correct-horse-7' });
  return { browser, answer };
}

describe('a login in a session that is logged in already', () => {
  it('issues a new CSRF token and a new session key, and the old key is refused', async () => {
    const { browser } = await logIn();
    const [before, thief] = [browser.cookie('authentik_csrf'), deployment.browser()];
    thief.plant(browser.cookie());
    expect(await usernameOf(thief)).toBe('alice');
    const { answer } = await logIn(browser);
    const cookie = answer.setCookies.find((line) => line.startsWith('authentik_csrf='));

    expect(browser.cookie('authentik_csrf')).not.toBe(before);
    expect(cookie).toMatch(/; SameSite=Lax/);
    expect(cookie).not.toMatch(/HttpOnly|Secure/);
    expect([await usernameOf(browser), await usernameOf(thief)]).toEqual(['alice', undefined]);
  });

  it('of the same user rotates the session key and creates no second session', async () => {
    const { browser } = await logIn(undefined, { user: 'bob' });
    const sessions = async () => (await browser.fetch('/api/v3/core/authenticated_sessions/')).body['results'];
    const [before, count] = [browser.cookie(), ((await sessions()) as unknown[]).length];
    await logIn(browser, { user: 'bob' });

    expect(browser.cookie()).not.toBe(before);
    expect(await sessions()).toHaveLength(count);
  });

  it('of another user gives the session the bindings and the lifetime of the new login', async () => {
    const { browser } = await logIn();
    const { answer } = await logIn(browser, { slug: 'bound', user: 'bob' });
    const cookie = answer.setCookies.find((line) => line.startsWith('authentik_session='));
    const [row] = await deployment.rows<{ user: string; bindings: unknown; left: number; slides: boolean }>(
      `SELECT u.username AS user, s.data->'bindings' AS bindings, s.ttl IS NOT NULL AS slides,
         extract(epoch FROM s.expires_at - s.seen_at)::int AS left
       FROM flow.sessions s JOIN flow.session_keys k ON k.session_id = s.id JOIN directory.users u ON u.id = s.user_id
       WHERE k.hash = sha256($1::bytea)`,
      [Buffer.from(browser.cookie() ?? '')],
    );

    expect(row).toEqual({
      ...{ user: 'bob', left: 7200, slides: false },
      bindings: { network: 'bind_asn', geoip: 'bind_continent' },
    });
    expect(cookie).toMatch(/; Max-Age=7200;/);
  });
});
