import { AuthenticatedSessionFromJSON, PaginatedAuthenticatedSessionListFromJSON } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  LOGOUT,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { recordedEvents } from '../support/recorded-events.js';

const KEY = 'key-of-bob-of-sixty-characters-as-long-as-gatehouse-draws-1';
const SESSIONS = '/api/v3/core/authenticated_sessions/';
const ME = '/api/v3/core/users/me/';
let deployment: Deployment;
/** The address of a second gateway on the same database. */
let secondGateway: string;

beforeAll(async () => {
  const admins = {
    model: 'authentik_core.group',
    id: 'admins',
    identifiers: { name: 'a' },
    attrs: { is_superuser: true },
  };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        admins,
        userEntry('alice'),
        userEntry('bob'),
        userEntry('carol'),
        tokenEntry('bob', KEY),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('bye', [LOGOUT], { designation: 'invalidation' }),
        flowEntries('bye-slowly', [LOGOUT, DUMMY], { authentication: 'require_authenticated' }),
        flowEntries('twice', [IDENTIFICATION, PASSWORD, DUMMY, LOGIN]),
        flowEntries('private', [DUMMY], { authentication: 'require_authenticated' }),
      ),
    ],
  });
  await deployment.rows(`INSERT INTO directory.user_groups (user_id, group_id)
    SELECT u.id, g.id FROM directory.users u, directory.groups g WHERE u.username = 'carol'`);
  secondGateway = await deployment.openAnotherGateway();
});
afterAll(() => deployment.close());

async function logIn(user: string, browser = deployment.browser()) {
  await browser.solve('login', { uid_field: user });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

/** Returns a browser with the same cookies at the second gateway. */
function atSecondGateway(browser: Browser): Browser {
  const copy = new Browser(secondGateway);
  for (const name of ['authentik_session', 'authentik_csrf']) copy.plant(browser.cookie(name), name);
  return copy;
}
const statuses = (browser: Browser) =>
  Promise.all([browser, atSecondGateway(browser)].map(async (client) => (await client.fetch(ME)).status));

interface ListedSession {
  readonly uuid: string;
  readonly current: boolean;
  readonly user: number;
}
async function sessionsOf(browser: Browser, query = ''): Promise<readonly ListedSession[]> {
  return (await browser.fetch(SESSIONS + query)).body['results'] as ListedSession[];
}
const currentOf = async (browser: Browser) => (await sessionsOf(browser)).find(({ current }) => current)!.uuid;

describe('the list of sessions', () => {
  it('requires a login and contains only the sessions of the user (accident 48)', async () => {
    const [alice, bob] = [await logIn('alice'), await logIn('bob')];
    await logIn('alice');
    const own = await sessionsOf(alice);

    expect((await deployment.browser().fetch(SESSIONS)).status).toBe(403);
    expect(new Set(own.map(({ user }) => user)).size).toBe(1);
    expect(own.filter(({ current }) => current)).toHaveLength(1);
    const otherSession = await currentOf(bob);
    expect(own.map(({ uuid }) => uuid)).not.toContain(otherSession);
    expect((await alice.fetch(SESSIONS)).body).toMatchObject({ pagination: { count: own.length } });
    expect((await alice.fetch(`${SESSIONS}${otherSession}/`)).status).toBe(404);
    expect((await alice.show('login')).text).not.toContain(otherSession);
  });

  it('is parsed by the official client', async () => {
    const browser = await logIn('alice');
    const { body } = await browser.fetch(SESSIONS);
    const page = PaginatedAuthenticatedSessionListFromJSON(body);
    const session = page.results.find(({ current }) => current)!;

    expect(page.pagination).toMatchObject({ current: 1, next: 0, previous: 0, totalPages: 1, startIndex: 1 });
    expect(page.pagination.count).toBe(page.results.length);
    expect(session).toMatchObject({ lastIp: '127.0.0.1', geoIp: null, asn: null });
    expect(session.expires!.getTime()).toBeGreaterThan(Date.now() + 13 * 86_400_000);
    expect(session.userAgent).toMatchObject({ string: 'node', userAgent: { family: 'Other' } });
    const response = await browser.fetch(`${SESSIONS}${session.uuid}/`);
    expect(AuthenticatedSessionFromJSON(response.body)).toEqual(session);
  });

  it('is paginated with a maximum page size', async () => {
    const browser = await logIn('alice');
    for (let i = 0; i < 3; i++) await logIn('alice');
    const { body } = await browser.fetch(`${SESSIONS}?page_size=2&page=2`);

    expect(body['results']).toHaveLength(2);
    expect(body['pagination']).toMatchObject({ current: 2, previous: 1, start_index: 3, end_index: 4 });
    for (const page of ['0', '-1', 'x', '999', '1e9']) {
      expect(await browser.fetch(`${SESSIONS}?page=${page}`)).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
    }
    expect((await browser.fetch(`${SESSIONS}?page_size=1000000`)).status).toBe(200);
  });

  it('gives a superuser access to the sessions of all users', async () => {
    const [alice, carol] = [await logIn('alice'), await logIn('carol')];

    expect(await sessionsOf(carol, '?page_size=100&user__username=alice')).toContainEqual(
      expect.objectContaining({ uuid: await currentOf(alice) }),
    );
    expect((await carol.fetch(`${SESSIONS}${await currentOf(alice)}/`)).body).toMatchObject({ current: false });
  });

  it('can be filtered by username, which gives no access to sessions of other users (accident 48)', async () => {
    const [alice, carol] = [await logIn('alice'), await logIn('carol')];
    const idsOf = async (browser: Browser, query = '') => (await sessionsOf(browser, query)).map(({ uuid }) => uuid);
    const filter = `page_size=100&user__username`;

    const aliceSessions = await idsOf(carol, `?${filter}=alice`);
    expect(aliceSessions).toContain(await currentOf(alice));
    expect(aliceSessions).not.toContain(await currentOf(carol));
    expect(await idsOf(alice, `?${filter}=alice`)).toEqual(await idsOf(alice, '?page_size=100'));
    expect(await idsOf(carol, `?${filter}=`)).toEqual(await idsOf(carol, '?page_size=100'));
    for (const name of ['carol', 'nobody', 'a%00']) expect(await idsOf(alice, `?${filter}=${name}`)).toEqual([]);
  });
});

describe('deleting a session', () => {
  it('logs its browser out at every gateway with the next request (accident 13)', async () => {
    const [first, second] = [await logIn('alice'), await logIn('alice')];
    expect(await statuses(first)).toEqual([200, 200]);
    const { status, text } = await second.fetch(`${SESSIONS}${await currentOf(first)}/`, { method: 'DELETE' });

    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(await statuses(first)).toEqual([403, 403]);
    expect((await atSecondGateway(first).show('private')).body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await statuses(second)).toEqual([200, 200]);
  });

  it('is possible for the current session', async () => {
    const browser = await logIn('alice');
    await browser.fetch(`${SESSIONS}${await currentOf(browser)}/`, { method: 'DELETE' });

    expect(await statuses(browser)).toEqual([403, 403]);
  });

  it('is possible for sessions of other users only as a superuser (accident 48)', async () => {
    const [alice, bob, carol] = [await logIn('alice'), await logIn('bob'), await logIn('carol')];
    const path = `${SESSIONS}${await currentOf(alice)}/`;

    expect((await bob.fetch(path, { method: 'DELETE' })).status).toBe(404);
    expect(await statuses(alice)).toEqual([200, 200]);
    expect((await carol.fetch(path, { method: 'DELETE' })).status).toBe(204);
    expect(await statuses(alice)).toEqual([403, 403]);
    expect((await recordedEvents(deployment, 'session_ended')).at(-1)).toMatchObject({
      data: { actor: { type: 'user', username: 'carol' }, user: { username: 'alice' }, context: { own: false } },
    });
    for (const uuid of ['x', '00000000-0000-4000-8000-000000000000']) {
      expect((await carol.fetch(`${SESSIONS}${uuid}/`, { method: 'DELETE' })).status).toBe(404);
    }
  });

  it('requires a CSRF token with a session cookie, but not with a bearer token', async () => {
    const bob = await logIn('bob');
    const path = `${SESSIONS}${await currentOf(bob)}/`;
    const remove = (headers: Record<string, string>) => bob.fetch(path, { method: 'DELETE', headers });

    expect(await remove({ 'x-authentik-csrf': 'A'.repeat(32) })).toMatchObject({
      status: 403,
      body: { code: 'csrf_failed' },
    });
    expect(await remove({ origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      body: { code: 'csrf_failed' },
    });
    expect(await statuses(bob)).toEqual([200, 200]);
    const { status } = await deployment
      .browser()
      .fetch(path, { method: 'DELETE', headers: { authorization: `Bearer ${KEY}` } });
    expect(status).toBe(204);
    expect(await statuses(bob)).toEqual([403, 403]);
  });
});

describe('between the password and the last step', () => {
  it('the user is not logged in at any gateway (accident 37)', async () => {
    const browser = deployment.browser();
    await browser.solve('twice', { uid_field: 'alice' });
    expect((await browser.solve('twice', { password: 'correct-horse-7' })).body).toMatchObject({
      component: 'ak-stage-dummy',
    });

    expect(await statuses(browser)).toEqual([403, 403]);
    expect((await browser.fetch(SESSIONS)).status).toBe(403);
    expect((await browser.show('private')).body).toMatchObject({ component: 'ak-stage-access-denied' });
  });

  it('a user who is disabled cannot continue the login at any gateway (accident 14)', async () => {
    await deployment.apply(blueprint(userEntry('dora')));
    const browser = deployment.browser();
    await browser.solve('twice', { uid_field: 'dora' });
    await browser.solve('twice', { password: 'correct-horse-7' });
    await deployment.apply(blueprint(userEntry('dora', { is_active: false })));

    expect((await atSecondGateway(browser).solve('twice', {})).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
  });
});

describe('a logout', () => {
  it('ends the session at every gateway, keeps the destination and rotates the key', async () => {
    const browser = await logIn('alice');
    const before = atSecondGateway(browser);
    const { body, setCookies } = await browser.show('bye', 'next=%2Fapp%2F');

    expect(body).toEqual({ component: 'xak-flow-redirect', to: '/app/' });
    expect(setCookies.find((line) => line.startsWith('authentik_session='))).toMatch(/HttpOnly/);
    expect(await statuses(browser)).toEqual([403, 403]);
    expect((await before.fetch(ME)).status).toBe(403);
    expect((await before.show('private')).status).toBe(503);
  });

  it('deletes the other plans of the session', async () => {
    const browser = await logIn('alice');
    await browser.show('private');
    const uuid = await currentOf(browser);
    await browser.show('bye');

    expect(
      await deployment.rows('SELECT FROM flow.plans p JOIN flow.sessions s ON s.id = p.session_id WHERE s.id = $1', [
        uuid,
      ]),
    ).toHaveLength(1);
  });

  it('continues the plan of its own flow after the logout', async () => {
    const browser = await logIn('alice');
    expect((await browser.show('bye-slowly', 'next=%2Fapp%2F')).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(await statuses(browser)).toEqual([403, 403]);

    expect((await browser.solve('bye-slowly', {})).body).toEqual({ component: 'xak-flow-redirect', to: '/app/' });
    expect((await browser.show('bye-slowly')).body).toMatchObject({ component: 'ak-stage-access-denied' });
  });

  it('completes for an anonymous visitor too', async () => {
    expect((await deployment.browser().show('bye')).body).toEqual({ component: 'xak-flow-redirect', to: '/' });
  });

  it('is the destination of "Not you?", and publishes one event', async () => {
    const browser = await logIn('alice');
    const logoutEvents = () => deployment.rows(`SELECT FROM flow.outbox WHERE topic = 'events.logout'`);
    const before = await logoutEvents();
    const { headers } = await browser.fetch('/flows/-/cancel/');
    expect(headers.get('location')).toBe('/flows/-/default/invalidation/');
    const { headers: logoutHeaders } = await browser.fetch('/flows/-/default/invalidation/');
    expect(logoutHeaders.get('location')).toBe('/if/flow/bye/');
    await browser.fetch('/if/flow/bye/');

    expect(await statuses(browser)).toEqual([403, 403]);
    expect(await logoutEvents()).toHaveLength(before.length + 1);
  });
});
