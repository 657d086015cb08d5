import { ChallengeTypesFromJSON } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const RIGHT = 'correct-horse-7';
const ME = '/api/v3/core/users/me/';
const WRONG_PASSWORD = { password: [{ string: 'Invalid password', code: 'invalid' }] };
let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('guided', [
          IDENTIFICATION,
          PASSWORD,
          { ...LOGIN, attrs: { remember_me_offset: 'days=1' } },
          DUMMY,
          DUMMY,
        ]),
        flowEntries('members', [DUMMY], { authentication: 'require_authenticated' }),
        flowEntries('bye', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
  });
});
afterAll(() => deployment.close());

const json = (body: object, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/**
 * Imitates the script of a flow's page: slug and query come from the URL, the CSRF token from the cookie
 * (docs/spec/clients.md#web-client).
 */
async function pageOf(browser: Browser, address: string) {
  const { status } = await browser.fetch(address);
  expect(status).toBe(200);
  const { pathname, search } = new URL(address, deployment.url);
  const api = `/api/v3/flows/executor/${pathname.split('/')[3]}/?query=${encodeURIComponent(search.slice(1))}`;
  let component: unknown;
  const send = async (init: { headers?: Record<string, string> }) => {
    const csrf = browser.cookie('authentik_csrf') ?? '';
    const headers = { 'x-authentik-csrf': csrf, 'sentry-trace': '', ...init.headers };
    const answer = await browser.fetch(api, { ...init, headers });
    component = ChallengeTypesFromJSON(answer.body).component;
    return answer;
  };
  return { look: () => send({}), submit: (answer: object) => send(json({ ...answer, component })) };
}

describe('the script of a page', () => {
  it('can read the CSRF token, and answers a challenge with it after the login', async () => {
    const browser = deployment.browser();
    const { setCookies } = await browser.fetch('/if/flow/guided/?next=%2Fapp%2F%3Fa%3Db');
    expect(setCookies.find((line) => line.startsWith('authentik_csrf='))).not.toMatch(/HttpOnly|Secure/);
    const page = await pageOf(browser, '/if/flow/guided/?next=%2Fapp%2F%3Fa%3Db');

    expect((await page.look()).body).toMatchObject({ component: 'ak-stage-identification' });
    await page.submit({ uid_field: 'alice' });
    expect((await page.submit({ password: 'wrong' })).body['response_errors']).toEqual(WRONG_PASSWORD);
    const accepted = await page.submit({ password: RIGHT });
    expect(accepted.body).toMatchObject({ component: 'ak-stage-user-login', pending_user: 'alice' });
    expect(accepted.body).not.toHaveProperty('response_errors');
    expect((await page.submit({ remember_me: true })).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect((await page.look()).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect((await page.submit({})).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect((await page.submit({})).body).toEqual({ component: 'xak-flow-redirect', to: '/app/?a=b' });
  });

  it('restarts the login, with its next, for a visitor who cancels', async () => {
    const browser = deployment.browser();
    const page = await pageOf(browser, '/if/flow/login/?next=%2Fapp%2F');
    await page.submit({ uid_field: 'alice' });
    const { flow_info } = (await page.submit({ password: 'wrong' })).body as { flow_info: { cancel_url: string } };
    expect(flow_info.cancel_url).toBe('/flows/-/cancel/');
    const cancelled = await browser.fetch(flow_info.cancel_url);

    expect(cancelled.headers.get('location')).toBe('/if/flow/login/?next=%2Fapp%2F');
    expect((await (await pageOf(browser, '/if/flow/login/?next=%2Fapp%2F')).look()).body).toMatchObject({
      component: 'ak-stage-identification',
    });
  });

  it('receives errors as JSON, not as HTML', async () => {
    const requests: [string, RequestInit][] = [
      ['/api/v3/flows/executor/nowhere/?query=', {}],
      ['/api/v3/flows/executor/login/?query=', { ...json({}), body: '{' }],
      ['/api/v3/flows/inspector/login/', {}],
    ];
    for (const [path, init] of requests) {
      const { status, headers } = await deployment.browser().fetch(path, init);
      expect([path, status >= 400, headers.get('content-type')]).toEqual([
        path,
        true,
        'application/json; charset=utf-8',
      ]);
    }
  });
});

describe('authentik’s page for old browsers', () => {
  /** Returns a client that sends strings, but no CSRF token and no component (docs/spec/clients.md#simple-client). */
  const simpleClient = () => new Browser(deployment.url, { csrf: false });

  it('logs in', async () => {
    const browser = simpleClient();
    await browser.show('login', 'next=%2Fapp%2F');
    expect((await browser.solve('login', { uid_field: 'alice' }, 'next=%2Fapp%2F')).body).toMatchObject({
      component: 'ak-stage-password',
    });
    expect((await browser.solve('login', { password: '<b>' })).body['response_errors']).toEqual(WRONG_PASSWORD);

    expect((await browser.solve('login', { password: RIGHT }, 'next=%2Fapp%2F')).body).toMatchObject({ to: '/app/' });
    expect((await browser.fetch(ME)).status).toBe(200);
  });

  it('cannot answer a challenge for a user who is logged in, and keeps the plan', async () => {
    const browser = simpleClient();
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: RIGHT });
    expect(await browser.solve('members', {})).toMatchObject({ status: 403, body: { code: 'csrf_failed' } });

    expect((await browser.show('members')).body).toMatchObject({ component: 'ak-stage-dummy' });
  });
});

describe('a browser with cookies of authentik', () => {
  const TOKEN = `${'x'.repeat(36)}.${'y'.repeat(200)}.${'z'.repeat(43)}`;

  it('logs in although it has an authentik session cookie', async () => {
    const browser = deployment.browser();
    browser.plant(TOKEN);
    browser.plant('A'.repeat(32), 'authentik_csrf');
    await browser.solve('login', { uid_field: 'alice' });

    expect((await browser.solve('login', { password: RIGHT })).body).toMatchObject({ to: '/' });
    expect((await browser.fetch(ME)).status).toBe(200);
  });

  it('stays logged in although a cookie of the parent domain has the same name', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: RIGHT });
    const ownCookie = `authentik_session=${browser.cookie()}`;
    const foreignCookie = `authentik_session=${TOKEN}`;

    for (const cookie of [
      `${foreignCookie}; ${ownCookie}`,
      `${ownCookie};${foreignCookie}`,
      `a=b; authentik_session=${'k'.repeat(43)}; ${ownCookie}`,
    ]) {
      const { status } = await deployment.browser().fetch(ME, { headers: { cookie } });
      expect([cookie, status]).toEqual([cookie, 200]);
    }
  });
});

describe('a program', () => {
  const logIn = async (first: object, second: object, headers: Record<string, string> = {}) => {
    const browser = new Browser(deployment.url, { csrf: false });
    await browser.fetch('/api/v3/flows/executor/login/', json({ uid_field: 'alice', ...first }, headers));
    return browser.fetch('/api/v3/flows/executor/login/', json({ password: RIGHT, ...second }, headers));
  };

  it.each([
    ['the component', { component: 'ak-stage-identification' }, { component: 'ak-stage-password' }],
    ['no component', {}, {}],
    ['an unknown component', { component: 'x' }, { component: 7 }],
    ['unexpected fields', { password: RIGHT, remember: 'on' }, { username: 'bob', token: 'x' }],
  ])('logs in with %s, without a GET, a query or a CSRF token', async (_, first, second) => {
    const { body, setCookies } = await logIn(first, second);

    expect(body).toEqual({ component: 'xak-flow-redirect', to: '/' });
    expect(setCookies.filter((line) => /; Secure/i.test(line))).toEqual([]);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;'])(
    'may send the content type %s',
    async (type) => {
      expect((await logIn({}, {}, { 'content-type': type, accept: '*/*' })).body).toMatchObject({ to: '/' });
    },
  );

  it('gets the challenge of the preceding POST again by a GET, without errors', async () => {
    const browser = deployment.browser();
    for (const answer of [{ uid_field: 'alice' }, { password: 'wrong' }]) {
      const { response_errors: _, ...challenge } = (await browser.solve('login', answer)).body;
      expect((await browser.show('login')).body).toEqual(challenge);
    }
  });

  it('gets the current challenge without errors when its response names another component', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const { body } = await browser.solve('login', { component: 'ak-stage-identification', uid_field: 'bob' });

    expect(body).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
    expect(body).not.toHaveProperty('response_errors');
  });
});
