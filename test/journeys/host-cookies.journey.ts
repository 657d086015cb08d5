import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Outpost } from '../support/outpost.js';

const [SESSION, CSRF] = ['__Host-authentik_session', '__Host-authentik_csrf'];
const OUTPOST_KEY = 'outpost-key-of-sixty-characters-as-the-house-draws-them-123';
const COMMON_PASSWORD = 'correct-horse-7';

let deployment: Deployment;

/** The gateway trusts the tests as a proxy that forwards TLS requests. */
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('mallory'), userEntry('outpost', { type: 'internal_service_account' })],
        tokenEntry('outpost', OUTPOST_KEY),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('bind', [{ ...IDENTIFICATION, attrs: { user_fields: ['username'] } }, PASSWORD, LOGIN]),
      ),
    ],
    gateway: {
      ...{ BASE_URL: 'https://id.example.org', TRUSTED_PROXIES: '127.0.0.1' },
      ...{ SESSION_COOKIE: SESSION!, CSRF_COOKIE: CSRF! },
    },
  });
});
afterAll(() => deployment?.close());

const TLS = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'id.example.org', origin: 'https://id.example.org' };
const ME = '/api/v3/core/users/me/';
const fetchByTls = (browser: Browser, path: string, init: RequestInit = {}) =>
  browser.fetch(path, { ...init, headers: { ...TLS, ...(init.headers as Record<string, string>) } });
const solve = (browser: Browser, body: object) =>
  fetchByTls(browser, '/api/v3/flows/executor/login/?query=', {
    ...{ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  });

async function loggedIn(username: string) {
  const browser = deployment.browser();
  await solve(browser, { uid_field: username });
  return { browser, lastReply: await solve(browser, { password: COMMON_PASSWORD }) };
}

describe('cookies with the __Host- prefix, which a sibling domain cannot set (accident 33)', () => {
  it('are set with Secure, Path=/ and no Domain', async () => {
    const { browser, lastReply } = await loggedIn('alice');
    expect(lastReply.body).toMatchObject({ component: 'xak-flow-redirect' });
    const lines = lastReply.setCookies.filter((line) => /session|csrf/.test(line));
    expect(new Set(lines.map((line) => line.split('=')[0]))).toEqual(new Set([CSRF, SESSION]));
    for (const line of lines) {
      expect(line).toMatch(/; Path=\/(;|$)/);
      expect(line).toMatch(/; Secure(;|$)/);
      expect(line).not.toMatch(/; Domain=/);
    }
    expect((await fetchByTls(browser, ME)).body).toMatchObject({ user: { username: 'alice' } });
  });

  it('authenticate, while cookies of the same name without the prefix are ignored', async () => {
    const [{ browser: mallory }, { browser: alice }] = [await loggedIn('mallory'), await loggedIn('alice')];
    const foreignKey = mallory.cookie(SESSION);
    const other = deployment.browser();
    other.plant(foreignKey);
    expect((await fetchByTls(other, ME)).status).toBe(403);
    alice.plant(foreignKey);
    expect((await fetchByTls(alice, ME)).body).toMatchObject({ user: { username: 'alice' } });
  });

  it('carry the CSRF token that every change requires, and the page tells its script the cookie name', async () => {
    const { browser } = await loggedIn('alice');
    const page = await fetchByTls(browser, '/if/flow/login/');
    expect(page.text).toContain(`data-csrf-cookie="${CSRF}"`);
    const endSession = (token: string) =>
      fetchByTls(browser, '/api/v3/core/authenticated_sessions/x/', {
        ...{ method: 'DELETE', headers: { 'x-authentik-csrf': token } },
      });
    browser.plant('A'.repeat(32), 'authentik_csrf');
    expect((await endSession('A'.repeat(32))).body).toMatchObject({ code: 'csrf_failed' });
    expect((await endSession(browser.cookie(CSRF)!)).status).toBe(404);
  });

  it('are not set for outposts, which read the session cookie by its name without the prefix', async () => {
    const outpost = new Outpost(deployment.url, { token: OUTPOST_KEY, remoteIp: '203.0.113.77' });
    expect(await outpost.bind('bind', { username: 'alice', password: COMMON_PASSWORD })).toBe(true);
    expect(outpost.session).toMatch(/^[\w-]{43}$/);
    const me = await outpost.fetch(ME);
    expect(await me.json()).toMatchObject({ user: { username: 'alice' } });
  });
});
