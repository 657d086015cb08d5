import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

const KEYS = {
  bot: 'bot-key-of-sixty-characters-as-long-as-gatehouse-draws-them-1',
  outpost: 'outpost-key-of-sixty-characters-as-gatehouse-draws-them-123',
  mail: 'app-password-of-the-bot-which-is-good-for-no-api-request-at1',
};
let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('bot', { type: 'service_account' }),
        userEntry('outpost', { type: 'internal_service_account' }),
        tokenEntry('bot', KEYS.bot),
        tokenEntry('outpost', KEYS.outpost),
        tokenEntry('bot', KEYS.mail, { intent: 'app_password' }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('private', [DUMMY], { authentication: 'require_authenticated', title: 'Hello %(user)s' }),
        flowEntries('for-outposts', [DUMMY], { authentication: 'require_outpost' }),
      ),
    ],
  });
});
afterAll(() => deployment.close());

const PRIVATE = '/api/v3/flows/executor/private/?query=';
const ME = '/api/v3/core/users/me/';
type Visitor = ReturnType<Deployment['browser']>;
const withToken = (authorization: string, init: RequestInit = {}) => ({ ...init, headers: { authorization } });
const jsonPost = (body: string) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body });

async function logIn(browser = deployment.browser()) {
  await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

describe('a bearer token', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('authenticates its user with the scheme %s', async (type) => {
    const { status, body } = await deployment.browser().fetch(ME, withToken(`${type} ${KEYS.bot}`));

    expect(status).toBe(200);
    expect(body).toMatchObject({ user: { username: 'bot', type: 'service_account' } });
  });

  it('runs flows that require a user, without a CSRF token', async () => {
    const client = deployment.browser();
    const challenge = await client.fetch(PRIVATE, withToken(`Bearer ${KEYS.bot}`));
    expect(challenge.body).toMatchObject({ component: 'ak-stage-dummy', flow_info: { title: 'Hello bot' } });
    expect(client.cookie('authentik_csrf')).toBeUndefined();
    const { headers, ...post } = jsonPost('{}');
    const solved = await client.fetch(PRIVATE, {
      ...post,
      headers: { ...headers, authorization: `Bearer ${KEYS.bot}` },
    });

    expect(solved.body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('takes precedence over a session cookie, and does not change that session', async () => {
    const browser = await logIn();

    expect((await browser.fetch(ME, withToken(`Bearer ${KEYS.bot}`))).body).toMatchObject({
      user: { username: 'bot' },
    });
    expect((await browser.fetch(PRIVATE, withToken(`Bearer ${KEYS.bot}`))).body).toMatchObject({
      flow_info: { title: 'Hello bot' },
    });
    expect((await browser.fetch(ME)).body).toMatchObject({ user: { username: 'alice' } });
    expect((await browser.fetch(PRIVATE)).body).toMatchObject({ flow_info: { title: 'Hello alice' } });
  });

  it.each([
    ['that is unknown', 'Bearer nobody-has-such-a-key', 'Token invalid/expired'],
    ['that is cut short (accident 47)', `Bearer ${KEYS.bot.slice(0, -1)}`, 'Token invalid/expired'],
    ['with something after it', `Bearer ${KEYS.bot} x`, 'Token invalid/expired'],
    ['that is an app password', `Bearer ${KEYS.mail}`, 'Token invalid/expired'],
    ['of another type', `Basic ${KEYS.bot}`, 'Unsupported authentication type'],
    ['of no type', ` ${KEYS.bot} x`, 'Unsupported authentication type'],
  ])('%s is refused by every endpoint, even with a valid session cookie', async (_, authorization, detail) => {
    const browser = await logIn();
    const refused = { status: 403, body: { code: 'token_invalid', detail } };

    for (const path of [ME, PRIVATE, '/api/v3/core/authenticated_sessions/']) {
      expect(await browser.fetch(path, withToken(authorization))).toMatchObject(refused);
    }
  });

  it('without a key is ignored', async () => {
    const browser = await logIn();

    expect((await browser.fetch(ME, withToken('Bearer'))).body).toMatchObject({ user: { username: 'alice' } });
    expect(await deployment.browser().fetch(ME, withToken('Bearer '))).toMatchObject({
      status: 403,
      body: { code: 'not_authenticated' },
    });
  });

  it('is refused when it has expired or its user is disabled, even before the cleaner runs', async () => {
    await deployment.rows(
      `UPDATE directory.tokens SET expires = now() - interval '1 s' WHERE identifier LIKE 'bot-bot-key%'`,
    );
    const fetchMe = () => deployment.browser().fetch(ME, withToken(`Bearer ${KEYS.bot}`));
    expect((await fetchMe()).status).toBe(403);
    await deployment.rows(
      `UPDATE directory.tokens SET expires = now() + interval '1 h' WHERE identifier LIKE 'bot-bot-key%'`,
    );
    expect((await fetchMe()).status).toBe(200);
    await deployment.rows(`UPDATE directory.users SET is_active = false WHERE username = 'bot'`);
    expect((await fetchMe()).status).toBe(403);
    await deployment.rows(`UPDATE directory.users SET is_active = true WHERE username = 'bot'`);
  });
});

describe('the caller', () => {
  it('is never taken from the body or the query (accident 53)', async () => {
    const browser: Visitor = deployment.browser();
    const claimed = { user: 'alice', user_id: 1, pk: 1, uuid: 'x', session: { user: 'alice' } };
    const { body } = await browser.fetch(`${PRIVATE}user%3Dalice`, jsonPost(JSON.stringify(claimed)));

    expect(body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect((await browser.fetch(`${ME}?user=alice`)).status).toBe(403);
  });

  it.each([
    ['empty', ''],
    ['a short string', 'x'],
    ['a token of another kind', 'eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiJ4In0.x'],
    ['an SQL injection', "' OR 1=1; --"],
    ['percent signs', '%00%ff%'],
    ['a very long string', 'a'.repeat(4000)],
    ['invalid UTF-8', '\u00ff\u00fe'],
  ])('is anonymous when the session cookie is %s (accident 18)', async (_, value) => {
    const browser = deployment.browser();
    browser.plant(value);

    expect((await browser.fetch(ME)).status).toBe(403);
    expect((await browser.fetch(PRIVATE)).body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-identification' });
  });
});

describe('an outpost', () => {
  const headers = { 'x-authentik-remote-ip': '203.0.113.77', 'x-authentik-outpost-token': KEYS.outpost };
  const show = (sent: Record<string, string>, flow = 'for-outposts') =>
    deployment.browser().fetch(`/api/v3/flows/executor/${flow}/?query=`, { headers: sent });

  it('can run flows that require an outpost', async () => {
    expect((await show(headers)).body).toMatchObject({ component: 'ak-stage-dummy' });
  });

  it('reports the client address of its visitor', async () => {
    const browser = deployment.browser();
    const send = (body: string) =>
      browser.fetch('/api/v3/flows/executor/login/?query=', {
        ...{ method: 'POST', body },
        headers: { 'content-type': 'application/json', ...headers, 'x-authentik-remote-ip': '::ffff:203.0.113.77' },
      });
    await send('{"uid_field": "alice"}');
    await send('{"password": "correct-horse-7"}');
    const sessions = await browser.fetch('/api/v3/core/authenticated_sessions/', { headers });

    expect(sessions.body['results']).toContainEqual(
      expect.objectContaining({ current: true, last_ip: '203.0.113.77' }),
    );
  });

  it.each([
    ['without a token', { 'x-authentik-remote-ip': '203.0.113.77' }],
    ['without an address', { 'x-authentik-outpost-token': KEYS.outpost }],
    ['with a token of another user', { ...headers, 'x-authentik-outpost-token': KEYS.bot }],
    ['with an unknown token', { ...headers, 'x-authentik-outpost-token': 'x' }],
    ['with an invalid address', { ...headers, 'x-authentik-remote-ip': '203.0.113.777' }],
  ])('is not recognised %s: its headers are ignored, and a log line says so', async (_, sent) => {
    const logged = deployment.says('gateway', /outpost_headers_ignored/);

    expect((await show(sent)).body).toMatchObject({ component: 'ak-stage-access-denied' });
    await logged;
  });

  it('cannot use the API with the outpost token header alone', async () => {
    expect((await deployment.browser().fetch(ME, { headers })).status).toBe(403);
  });
});

it('the gateway logs no token', () => {
  for (const key of Object.values(KEYS)) expect(deployment.output('gateway')).not.toContain(key);
});
