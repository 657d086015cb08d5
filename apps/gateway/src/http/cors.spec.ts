import { describe, expect, it } from 'vitest';
import { CorsPolicy, corsOriginsIn } from './cors.js';

const APP = 'https://app.example.org';
const EXECUTOR = '/api/v3/flows/executor/login/?query=';
const policy = new CorsPolicy(corsOriginsIn(` ${APP}, http://localhost:5173,`));

const headersFor = (headers: Readonly<Record<string, string>>, url = EXECUTOR, method = 'GET') =>
  policy.headersFor({ url, method, headers });

describe('the setting CORS_ORIGINS', () => {
  it.each([
    'https://app.example.org',
    'https://app.example.org:8443',
    'http://localhost:5173',
    'http://app.x.localhost',
    'http://127.0.0.1:1',
    'http://[::1]:1',
  ])('accepts the origin %s', (origin) => {
    expect([...corsOriginsIn(origin)]).toEqual([origin]);
  });

  it.each([
    ...['*', 'null', 'https://*.example.org', 'app.example.org', 'https://', 'file:///x'],
    ...[
      'https://app.example.org/',
      'https://app.example.org/app',
      'https://app.example.org?',
      'https://u@app.example.org',
    ],
    ...[
      'https://APP.example.org',
      'HTTPS://app.example.org',
      'https://app.example.org:443',
      'https://app.example.org.:x',
    ],
    ...['http://app.example.org', 'http://localhost.example.org', 'http://127.0.0.1.example.org', 'ws://localhost'],
  ])('refuses %s', (origin) => {
    expect(() => corsOriginsIn(`${APP},${origin}`)).toThrow(origin);
  });
});

describe('a request from an origin in CORS_ORIGINS', () => {
  it('gets headers that allow this origin, with cookies, and name the headers that its page may read', () => {
    expect(headersFor({ origin: APP, 'sec-fetch-site': 'same-site' })).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers':
        'x-gatehouse-csrf, x-gatehouse-run, x-gatehouse-step, x-gatehouse-reason, x-authentik-id, retry-after, ratelimit, ratelimit-policy',
      vary: 'Cookie, Origin',
    });
  });

  it.each([
    EXECUTOR,
    '/api/v3/core/users/me/',
    '/api/v3/core/brands/current/',
    '/api/v3/stages/authenticator/duo/4f0c4a57-0c5e-4d0b-9d3e-0c3b6a2f7a11/enrollment_status/',
  ])('may read the response of %s', (url) => {
    expect(headersFor({ origin: APP }, url)).toHaveProperty('access-control-allow-origin', APP);
  });

  it.each([
    ...['/', '/if/flow/login/', '/flows/-/cancel/', '/ws/client/', '/device', '/-/health/live/', '/api/v3/schema/'],
    ...['/api/v3/core/users/', '/api/v3/core/users/me/x/', '/api/v3/core/tokens/', '/api/v3/flows/inspector/login/'],
    ...['/api/v3/flows/instances/login/execute/', '/x/api/v3/core/users/me/', '/api/v3/flows/executor/a/../b/'],
    ...['/api/v3/flows/executor/a%2fb/', '/api/v3/core/users/me', '/api/v3/core/tokens/?/api/v3/core/users/me/'],
  ])('gets no CORS headers at %s', (url) => {
    expect(headersFor({ origin: APP }, url)).toEqual({});
  });

  it('is not allowed if Sec-Fetch-Site says that its page belongs to another site', () => {
    expect(headersFor({ origin: APP, 'sec-fetch-site': 'cross-site' })).toEqual({ vary: 'Cookie, Origin' });
  });
});

describe('a request from an origin that CORS_ORIGINS does not list', () => {
  it.each([
    ...['null', '*', '', 'https://example.org', 'https://login.example.org', 'https://evil.example'],
    ...['https://app.example.org.evil.example', 'https://evilapp.example.org', 'https://xapp.example.org'],
    ...['https://app.example.org:443', 'https://app.example.org:8443', 'http://app.example.org'],
    ...['https://APP.example.org', 'https://app.example.org/', 'https://app.example.org, https://evil.example'],
    ...['https://app.example.org\u0000', ' https://app.example.org', 'https://app.example.org@evil.example'],
    ...['http://localhost', 'http://localhost:51730', 'https://localhost:5173', 'http://127.0.0.1:5173'],
  ])('is not allowed: %j', (origin) => {
    expect(headersFor({ origin })).toEqual({ vary: 'Cookie, Origin' });
    const preflight = {
      url: EXECUTOR,
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    };
    expect(policy.isPreflight(preflight)).toBe(false);
  });
});

it('responses vary by Origin for caches, even if the request has no Origin', () => {
  expect(headersFor({})).toEqual({ vary: 'Cookie, Origin' });
});

it('a preflight of a listed origin gets the methods and headers that clients of flows need', () => {
  expect(headersFor({ origin: APP, 'access-control-request-method': 'POST' }, EXECUTOR, 'OPTIONS')).toMatchObject({
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type, x-authentik-csrf, x-gatehouse-fields, x-gatehouse-step',
    'access-control-max-age': '600',
  });
});

it('no response has CORS headers if CORS_ORIGINS is empty', () => {
  const closed = new CorsPolicy(corsOriginsIn(''));
  expect(closed.headersFor({ url: EXECUTOR, method: 'GET', headers: { origin: APP } })).toEqual({});
});
