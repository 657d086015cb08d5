import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const RATE = 5;
const BODY_LIMIT = 4096;
let deployment: Deployment;

/** The gateway trusts the tests as a proxy, so that they can use any client address. The rate period outlasts the suite. */
beforeAll(async () => {
  deployment = await Deployment.open({
    alone: ['session'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('away', [{ ...DUMMY, binding: { evaluate_on_plan: true } }]),
      ),
    ],
    gateway: {
      TRUSTED_PROXIES: '127.0.0.1',
      ANONYMOUS_RATE: String(RATE),
      ANONYMOUS_RATE_PERIOD_S: '86400',
      BODY_LIMIT_BYTES: String(BODY_LIMIT),
    },
  });
});
afterAll(() => deployment.close());

const executor = (slug: string) => `/api/v3/flows/executor/${slug}/`;

interface SentRequest {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client address, which is a network of its own (IPv4). By default, an address that no request has used. */
  readonly from?: string;
}

let addresses = 0;
const newAddress = () => `10.0.${++addresses >> 8}.${addresses & 0xff}`;

function send(
  browser: Browser,
  { path = executor('login'), from = newAddress(), ...sent }: SentRequest,
): Promise<BrowserResponse> {
  const { method = 'POST', type = 'application/json', body = method === 'POST' ? '{}' : undefined } = sent;
  const headers = { 'x-forwarded-for': from, ...(body === undefined ? {} : { 'content-type': type }), ...sent.headers };
  return browser.fetch(path, { method, headers, ...(body === undefined ? {} : { body }) });
}

/** Returns a client address that has used up its anonymous rate. */
async function limitedAddress(): Promise<string> {
  const from = newAddress();
  for (let i = 0; i < RATE; i++) await send(deployment.browser(), { method: 'GET', from });
  return from;
}

async function logIn(from = newAddress()): Promise<Browser> {
  const browser = deployment.browser();
  for (const body of [{ uid_field: 'alice' }, { password: 'correct-horse-7' }]) {
    await send(browser, { body: JSON.stringify(body), from });
  }
  return browser;
}

const OVERSIZED = JSON.stringify({ uid_field: 'x'.repeat(BODY_LIMIT) });
const FORM = 'application/x-www-form-urlencoded';
const FORGED = { 'x-authentik-csrf': 'x' };
const SECRET = '?password=hunter2';

/**
 * Requests with two errors, each with
 * - the two errors, of which the gateway must report the first;
 * - the sender: `often` is an anonymous visitor above the rate limit, `member` is a logged-in user;
 * - the request;
 * - the expected status and code.
 */
const PAIRS: readonly [string, 'often' | 'member', SentRequest, number, string][] = [
  ['address, method', 'often', { path: '/api/v3/flows/executor/login', method: 'PUT' }, 404, 'not_found'],
  ['address, rate', 'often', { path: '/api/v3/flows/executor/login' }, 404, 'not_found'],
  ['method, credentials', 'often', { path: executor('login') + SECRET, method: 'PUT' }, 405, 'method_not_allowed'],
  ['method, flow', 'often', { path: executor('nowhere'), method: 'DELETE' }, 405, 'method_not_allowed'],
  ['credentials, flow', 'often', { path: executor('nowhere') + SECRET }, 400, 'credentials_in_query'],
  ['flow, rate', 'often', { path: executor('nowhere') }, 404, 'not_found'],
  ['flow, size', 'often', { path: executor('nowhere'), body: OVERSIZED }, 404, 'not_found'],
  ['rate, type', 'often', { body: 'a=b', type: FORM }, 429, 'rate_limited'],
  ['rate, size', 'often', { body: OVERSIZED }, 429, 'rate_limited'],
  ['rate, body', 'often', { body: 'nonsense' }, 429, 'rate_limited'],
  ['type, size', 'member', { body: OVERSIZED, type: FORM }, 415, 'unsupported_media_type'],
  ['type, forgery', 'member', { body: 'a=b', type: FORM, headers: FORGED }, 415, 'unsupported_media_type'],
  ['size, forgery', 'member', { body: OVERSIZED, headers: FORGED }, 413, 'body_too_large'],
  ['forgery, body', 'member', { body: 'nonsense', headers: FORGED }, 403, 'csrf_failed'],
];

describe('a request with errors', () => {
  it.each(PAIRS)('reports the first of two errors: %s', async (...[, sender, sent, status, code]) => {
    const answer =
      sender === 'member'
        ? await send(await logIn(), sent)
        : await send(deployment.browser(), { ...sent, from: await limitedAddress() });

    expect(answer).toMatchObject({ status, body: { code } });
  });

  it('reports the first error on a page too: rate, size, forgery', async () => {
    const page = { path: '/if/flow/login/', type: FORM };
    expect((await send(deployment.browser(), { ...page, body: 'a=b' })).status).toBe(403);
    expect((await send(deployment.browser(), { ...page, body: `a=${OVERSIZED}` })).status).toBe(413);
    expect((await send(deployment.browser(), { ...page, body: 'a=b', from: await limitedAddress() })).status).toBe(429);
  });

  it('restarts the flow if its plan has expired, and its answer is ignored', async () => {
    const browser = deployment.browser();
    await send(browser, { body: '{"uid_field": "alice"}' });
    await deployment.rows("UPDATE flow.plans SET expires_at = now() - interval '1 second'");
    const answer = { component: 'ak-stage-password', password: 'correct-horse-7' };

    const { status, body } = await send(browser, { body: JSON.stringify(answer) });
    expect([status, body['component'], body['response_errors']]).toEqual([200, 'ak-stage-identification', undefined]);
  });
});

describe('an anonymous visitor', () => {
  it('receives the remaining requests and the time to retry in the RateLimit headers', async () => {
    const from = newAddress();
    const response = await send(deployment.browser(), { method: 'GET', from });
    expect(response.headers.get('ratelimit-policy')).toBe(`"anonymous";q=${RATE};w=86400`);
    expect(response.headers.get('ratelimit')).toMatch(/^"anonymous";r=4;t=17\d{3}$/);
    for (let i = 1; i < RATE; i++) await send(deployment.browser(), { method: 'GET', from });
    const refused = await send(deployment.browser(), { method: 'GET', from });

    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(refused.headers.get('ratelimit')).toMatch(/^"anonymous";r=0;t=\d+$/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(17_000);
    expect(refused.headers.get('set-cookie')).toBeNull();
  });

  it('receives the RateLimit headers with every refusal that is checked after the rate', async () => {
    const { status, headers } = await send(deployment.browser(), { body: 'nonsense' });
    expect([status, headers.get('ratelimit')]).toEqual([400, expect.stringMatching(/r=4/)]);
  });

  it('shares the limit with their /64 network only (accident 50)', async () => {
    const statuses = [];
    for (let i = 0; i < RATE + 2; i++) {
      const from = `2001:db8:7:7:${i}:${i}::1`;
      statuses.push((await send(deployment.browser(), { method: 'GET', from })).status);
    }
    expect(statuses).toEqual([...Array(RATE).fill(200), 429, 429]);
    expect((await send(deployment.browser(), { method: 'GET', from: '2001:db8:7:8::1' })).status).toBe(200);
  });

  it('cannot evade the limit by another spelling of the path, by a cookie or at another endpoint (accident 51)', async () => {
    const from = await limitedAddress();
    const paths = [
      '//api/v3/flows/executor/login/',
      '/API/v3/flows/executor/login/',
      '/api/v3/flows%2fexecutor/login/',
    ];
    for (const path of [...paths, '/api/v3/./flows//executor/login/', '/api/v3/flows/executor/login;x/']) {
      expect([path, (await send(deployment.browser(), { path, method: 'GET', from })).status]).toEqual([path, 404]);
    }
    const browser = deployment.browser();
    browser.plant('x'.repeat(43));
    for (const path of [executor('login'), '/if/flow/login/', '/api/v3/core/users/me/']) {
      expect((await send(browser, { path, method: 'GET', from })).status).toBe(429);
    }
    const path = `/api/v3/stages/authenticator/duo/${randomUUID()}/enrollment_status/`;
    expect((await send(browser, { path, from })).status).toBe(429);
  });
});

describe('a user who is logged in', () => {
  it('is not rate-limited, not even in a limited network', async () => {
    const from = await limitedAddress();
    const browser = await logIn();
    for (let i = 0; i < 2 * RATE; i++) {
      const { status, headers } = await send(browser, { path: '/api/v3/core/users/me/', method: 'GET', from });
      expect([status, headers.get('ratelimit')]).toEqual([200, null]);
    }
    expect((await send(browser, { method: 'GET', from })).status).toBe(200);
  });
});

describe('a request body', () => {
  it('of a megabyte is refused before it is parsed, and the client receives the error (accident 30)', async () => {
    for (const bytes of [1_000_000, 4_000_000]) {
      const answer = await send(deployment.browser(), { body: JSON.stringify({ uid_field: 'x'.repeat(bytes) }) });
      expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    }
  });

  it('of unknown length is refused when it exceeds the limit', async () => {
    const sent = startPost({ 'transfer-encoding': 'chunked' });
    sent.end('x'.repeat(BODY_LIMIT + 1));

    expect(await statusOf(sent)).toBe(413);
  });

  it('with a huge Content-Length is refused at once, and the connection is closed', async () => {
    const sent = startPost({ 'content-length': String(2 ** 30) });
    sent.flushHeaders();
    const [{ statusCode, headers }] = (await once(sent, 'response')) as [IncomingMessage];

    expect([statusCode, headers.connection]).toEqual([413, 'close']);
    sent.destroy();
  });
});

/** Starts a POST request without a body. */
function startPost(headers: Readonly<Record<string, string>>): ClientRequest {
  const allHeaders = { 'content-type': 'application/json', 'x-forwarded-for': newAddress(), ...headers };
  return request(deployment.url + executor('login'), { method: 'POST', headers: allHeaders });
}

const statusOf = async (sent: ClientRequest) => ((await once(sent, 'response')) as [IncomingMessage])[0].statusCode;

describe('an unavailable stage', () => {
  it('is reported only if the request has no other error', async () => {
    await deployment.stop('session');

    expect(await send(deployment.browser(), { path: executor('away'), body: 'nonsense' })).toMatchObject({
      status: 400,
      body: { code: 'malformed_json' },
    });
    const unavailable = await send(deployment.browser(), { path: executor('away') });
    expect([unavailable.status, unavailable.body['component']]).toEqual([503, 'ak-stage-flow-error']);
    expect(Number(unavailable.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
