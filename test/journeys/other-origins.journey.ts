import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, LOGOUT, PASSWORD, userEntry } from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const APP = 'https://app.example.org';
const SITE = 'https://login.example.org';
const executor = (slug: string) => `/api/v3/flows/executor/${slug}/?query=`;

/** The tests imitate a proxy that terminates TLS, so that the origin of the site begins with https. */
let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
    gateway: { BASE_URL: SITE, CORS_ORIGINS: APP, TRUSTED_PROXIES: '127.0.0.1' },
  });
});
afterAll(() => deployment?.close());

interface Sender {
  readonly origin?: string;
  readonly site?: string;
  readonly csrf?: string;
  /** The response to a challenge. Without it, the request is a GET. */
  readonly body?: object;
}

/** Sends a request as a browser does for the script of a page: with the origin of the page and `Sec-Fetch-Site`. */
function send(browser: Browser, path: string, { origin = APP, site = 'same-site', csrf, body }: Sender = {}) {
  return browser.fetch(path, {
    headers: {
      ...{ origin, 'sec-fetch-site': site, 'sec-fetch-mode': 'cors', 'x-forwarded-proto': 'https' },
      ...(body ? { 'content-type': 'application/json' } : {}),
      'x-authentik-csrf': csrf ?? '',
    },
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  });
}

async function loggedIn(): Promise<Browser> {
  const browser = deployment.browser();
  await send(browser, executor('login'));
  for (const answer of [{ uid_field: 'alice' }, { password: 'correct-horse-7' }])
    await send(browser, executor('login'), { body: answer });
  expect(await usernameOf(browser)).toBe('alice');
  return browser;
}

const corsHeadersOf = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control-'));

describe('a page of a listed origin', () => {
  it('logs a user in, and gets the CSRF token in a header that only its origin may read', async () => {
    const browser = deployment.browser();
    const first = await send(browser, executor('login'));
    expect(first.headers.get('x-gatehouse-csrf')).toBeNull();
    await send(browser, executor('login'), { body: { uid_field: 'alice' } });
    const { body, headers } = await send(browser, executor('login'), { body: { password: 'correct-horse-7' } });

    expect(body).toEqual({ component: 'xak-flow-redirect', to: '/' });
    expect(headers.get('x-gatehouse-csrf')).toBe(browser.cookie('authentik_csrf'));
    expect(headers.get('access-control-allow-origin')).toBe(APP);
    expect(headers.get('access-control-expose-headers')).toContain('x-gatehouse-csrf');
  });

  it.each([
    ['without a CSRF token', ''],
    ['with a wrong CSRF token', 'x'.repeat(32)],
  ])('cannot send the answer of a logged-in user %s', async (_what, csrf) => {
    const browser = await loggedIn();
    await send(browser, executor('login'));
    const { status, body } = await send(browser, executor('login'), { csrf, body: { uid_field: 'bob' } });

    expect([status, body['code']]).toEqual([403, 'csrf_failed']);
  });

  it('can send the answer of a logged-in user with the CSRF token of the header X-Gatehouse-CSRF', async () => {
    const browser = await loggedIn();
    const { headers } = await send(browser, executor('login'));
    const csrf = headers.get('x-gatehouse-csrf') ?? '';
    const { status, body } = await send(browser, executor('login'), { csrf, body: { uid_field: 'alice' } });

    expect([status, body['component']]).toEqual([200, 'ak-stage-password']);
  });

  it('logs out without a confirmation, as a page of the site does', async () => {
    const browser = await loggedIn();
    const { body } = await send(browser, executor('logout'));

    expect(body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await usernameOf(browser)).toBeUndefined();
  });

  it('may read error responses too', async () => {
    const { status, headers } = await send(deployment.browser(), '/api/v3/core/users/me/');

    expect([status, headers.get('access-control-allow-origin')]).toEqual([403, APP]);
  });
});

describe('a page of any other origin', () => {
  const OTHERS: readonly (readonly [string, Sender])[] = [
    ['another origin of the site', { origin: 'https://other.example.org' }],
    ['a name that ends in a listed one', { origin: 'https://evilapp.example.org' }],
    ['a name that begins with a listed one', { origin: 'https://app.example.org.evil.example' }],
    ['another port', { origin: `${APP}:8443` }],
    ['another scheme', { origin: 'http://app.example.org' }],
    ['capital letters', { origin: 'https://APP.example.org' }],
    ['a sandboxed page', { origin: 'null' }],
    ['two origins', { origin: `${APP}, https://evil.example` }],
    ['a listed origin with Sec-Fetch-Site: cross-site', { site: 'cross-site' }],
  ];

  it.each(OTHERS)('gets no CORS header and no CSRF token: %s', async (_what, sender) => {
    const browser = await loggedIn();
    const { headers } = await send(browser, executor('login'), sender);

    expect(corsHeadersOf(headers)).toEqual([]);
    expect(headers.get('x-gatehouse-csrf')).toBeNull();
    expect([headers.get('vary'), headers.get('cache-control')]).toEqual(['Cookie, Origin', 'no-store']);
  });

  it.each(OTHERS)('cannot answer, not even for an anonymous visitor: %s', async (_what, sender) => {
    const browser = deployment.browser();
    await send(browser, executor('login'));
    const { status, body } = await send(browser, executor('login'), { ...sender, body: { uid_field: 'alice' } });

    expect([status, body['code']]).toEqual([403, 'csrf_failed']);
  });

  it('logs a user out only after a confirmation', async () => {
    const browser = await loggedIn();
    const { body } = await send(browser, executor('logout'), { origin: 'https://other.example.org' });

    expect(body).toMatchObject({ component: 'ak-stage-consent' });
    expect(await usernameOf(browser)).toBe('alice');
  });
});

describe('a preflight', () => {
  const preflight = (path: string, origin = APP) =>
    deployment.browser().fetch(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-authentik-csrf',
      },
    });

  it('is answered without a session', async () => {
    const { status, headers, text, setCookies } = await preflight(executor('login'));

    expect([status, text, setCookies]).toEqual([204, '', []]);
    expect(headers.get('access-control-allow-headers')).toBe(
      'content-type, x-authentik-csrf, x-gatehouse-fields, x-gatehouse-step',
    );
    expect([headers.get('ratelimit'), headers.get('x-frame-options')]).toEqual([null, 'SAMEORIGIN']);
  });

  it.each([
    ['of another origin', executor('login'), 'https://other.example.org'],
    ['of a path that pages of other origins do not need', '/api/v3/flows/inspector/login/', APP],
    ['of a page', '/if/flow/login/', APP],
  ])('%s is refused without a CORS header', async (_what, path, origin) => {
    const { status, headers } = await preflight(path, origin);

    expect([status, corsHeadersOf(headers)]).toEqual([405, []]);
  });
});

it('responses to pages of the site have Origin in Vary too, so that no cache mixes responses', async () => {
  const { headers } = await deployment.browser().fetch(executor('login'));

  expect([headers.get('vary'), corsHeadersOf(headers)]).toEqual(['Cookie, Origin', []]);
});
