import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const RATE = 5;
const BODY_LIMIT = 4096;
let house: Deployment;

/** The tests are a trusted proxy, so that they can come from any network. The rate's period never ends while they run. */
beforeAll(async () => {
  house = await Deployment.open({
    apart: ['session'],
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
afterAll(() => house.close());

const executor = (slug: string) => `/api/v3/flows/executor/${slug}/`;

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where it comes from; a network of its own when it does not matter. */
  readonly from?: string;
}

let networks = 0;
const anywhere = () => `10.0.${++networks >> 8}.${networks & 0xff}`;

function send(
  browser: Browser,
  { path = executor('login'), from = anywhere(), ...sent }: Sent,
): Promise<BrowserResponse> {
  const { method = 'POST', type = 'application/json', body = method === 'POST' ? '{}' : undefined } = sent;
  const headers = { 'x-forwarded-for': from, ...(body === undefined ? {} : { 'content-type': type }), ...sent.headers };
  return browser.fetch(path, { method, headers, ...(body === undefined ? {} : { body }) });
}

/** Strangers from this network have come as often as they may. */
async function exhausted(): Promise<string> {
  const from = anywhere();
  for (let i = 0; i < RATE; i++) await send(house.browser(), { method: 'GET', from });
  return from;
}

async function loggedIn(from = anywhere()): Promise<Browser> {
  const browser = house.browser();
  for (const body of [{ uid_field: 'alice' }, { password: 'correct-horse-7' }]) {
    await send(browser, { body: JSON.stringify(body), from });
  }
  return browser;
}

const BIG = JSON.stringify({ uid_field: 'x'.repeat(BODY_LIMIT) });
const FORM = 'application/x-www-form-urlencoded';
const FORGED = { 'x-authentik-csrf': 'x' };
const SECRET = '?password=hunter2';

/** What is wrong in two ways, whether a stranger who comes too often sends it or somebody who is logged in, and what wins. */
const PAIRS: readonly [string, 'often' | 'member', Sent, number, string][] = [
  ['address, method', 'often', { path: '/api/v3/flows/executor/login', method: 'PUT' }, 404, 'not_found'],
  ['address, rate', 'often', { path: '/api/v3/flows/executor/login' }, 404, 'not_found'],
  ['method, credentials', 'often', { path: executor('login') + SECRET, method: 'PUT' }, 405, 'method_not_allowed'],
  ['method, flow', 'often', { path: executor('nowhere'), method: 'DELETE' }, 405, 'method_not_allowed'],
  ['credentials, flow', 'often', { path: executor('nowhere') + SECRET }, 400, 'credentials_in_query'],
  ['flow, rate', 'often', { path: executor('nowhere') }, 404, 'not_found'],
  ['flow, size', 'often', { path: executor('nowhere'), body: BIG }, 404, 'not_found'],
  ['rate, type', 'often', { body: 'a=b', type: FORM }, 429, 'rate_limited'],
  ['rate, size', 'often', { body: BIG }, 429, 'rate_limited'],
  ['rate, body', 'often', { body: 'nonsense' }, 429, 'rate_limited'],
  ['type, size', 'member', { body: BIG, type: FORM }, 415, 'unsupported_media_type'],
  ['type, forgery', 'member', { body: 'a=b', type: FORM, headers: FORGED }, 415, 'unsupported_media_type'],
  ['size, forgery', 'member', { body: BIG, headers: FORGED }, 413, 'body_too_large'],
  ['forgery, body', 'member', { body: 'nonsense', headers: FORGED }, 403, 'csrf_failed'],
];

describe('of two things that are wrong', () => {
  it.each(PAIRS)('the first is told: %s', async (...[, sender, sent, status, code]) => {
    const answer =
      sender === 'member'
        ? await send(await loggedIn(), sent)
        : await send(house.browser(), { ...sent, from: await exhausted() });

    expect(answer).toMatchObject({ status, body: { code } });
  });

  it('the first is told: page’s size, page’s forgery', async () => {
    const page = { path: '/if/flow/login/', type: FORM };
    expect((await send(house.browser(), { ...page, body: 'a=b' })).status).toBe(403);
    expect((await send(house.browser(), { ...page, body: `a=${BIG}` })).status).toBe(413);
    expect((await send(house.browser(), { ...page, body: 'a=b', from: await exhausted() })).status).toBe(429);
  });

  it('an expired plan is none of them: it is begun anew, and the answer to its last step is not taken', async () => {
    const browser = house.browser();
    await send(browser, { body: '{"uid_field": "alice"}' });
    await house.rows("UPDATE flow.plans SET expires_at = now() - interval '1 second'");
    const late = { component: 'ak-stage-password', password: 'correct-horse-7' };

    const { status, body } = await send(browser, { body: JSON.stringify(late) });
    expect([status, body['component'], body['response_errors']]).toEqual([200, 'ak-stage-identification', undefined]);
  });
});

describe('a stranger', () => {
  it('reads what is left, and when to come again, in the words of the RateLimit draft', async () => {
    const from = anywhere();
    const first = await send(house.browser(), { method: 'GET', from });
    expect(first.headers.get('ratelimit-policy')).toBe(`"anonymous";q=${RATE};w=86400`);
    expect(first.headers.get('ratelimit')).toMatch(/^"anonymous";r=4;t=17\d{3}$/);
    for (let i = 1; i < RATE; i++) await send(house.browser(), { method: 'GET', from });
    const refused = await send(house.browser(), { method: 'GET', from });

    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(refused.headers.get('ratelimit')).toMatch(/^"anonymous";r=0;t=\d+$/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(17_000);
    expect(refused.headers.get('set-cookie')).toBeNull();
  });

  it('reads it beside every other refusal that comes later', async () => {
    const { status, headers } = await send(house.browser(), { body: 'nonsense' });
    expect([status, headers.get('ratelimit')]).toEqual([400, expect.stringMatching(/r=4/)]);
  });

  it('shares the limit with their /64, and with nobody else (accident 50)', async () => {
    const statuses = [];
    for (let i = 0; i < RATE + 2; i++) {
      const from = `2001:db8:7:7:${i}:${i}::1`;
      statuses.push((await send(house.browser(), { method: 'GET', from })).status);
    }
    expect(statuses).toEqual([...Array(RATE).fill(200), 429, 429]);
    expect((await send(house.browser(), { method: 'GET', from: '2001:db8:7:8::1' })).status).toBe(200);
  });

  it('cannot go around it by another way of writing an address, by a cookie, or by asking who they are (accident 51)', async () => {
    const from = await exhausted();
    const variants = [
      '//api/v3/flows/executor/login/',
      '/API/v3/flows/executor/login/',
      '/api/v3/flows%2fexecutor/login/',
    ];
    for (const path of [...variants, '/api/v3/./flows//executor/login/', '/api/v3/flows/executor/login;x/']) {
      expect([path, (await send(house.browser(), { path, method: 'GET', from })).status]).toEqual([path, 404]);
    }
    const browser = house.browser();
    browser.plant('x'.repeat(43));
    for (const path of [executor('login'), '/if/flow/login/', '/api/v3/core/users/me/']) {
      expect((await send(browser, { path, method: 'GET', from })).status).toBe(429);
    }
  });
});

describe('somebody who is logged in', () => {
  it('is not counted, wherever they come from', async () => {
    const from = await exhausted();
    const browser = await loggedIn();
    for (let i = 0; i < 2 * RATE; i++) {
      const { status, headers } = await send(browser, { path: '/api/v3/core/users/me/', method: 'GET', from });
      expect([status, headers.get('ratelimit')]).toEqual([200, null]);
    }
    expect((await send(browser, { method: 'GET', from })).status).toBe(200);
  });
});

describe('a body', () => {
  it('of a megabyte is refused before anything looks at it, and the client reads why (accident 30)', async () => {
    for (const bytes of [1_000_000, 4_000_000]) {
      const answer = await send(house.browser(), { body: JSON.stringify({ uid_field: 'x'.repeat(bytes) }) });
      expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    }
  });

  it('of unknown length is refused once it is too long', async () => {
    const sent = begin({ 'transfer-encoding': 'chunked' });
    sent.end('x'.repeat(BODY_LIMIT + 1));

    expect(await statusOf(sent)).toBe(413);
  });

  it('that is said to be enormous is not waited for, and its sender is cut off', async () => {
    const sent = begin({ 'content-length': String(2 ** 30) });
    sent.flushHeaders();
    const [{ statusCode, headers }] = (await once(sent, 'response')) as [IncomingMessage];

    expect([statusCode, headers.connection]).toEqual([413, 'close']);
    sent.destroy();
  });
});

/** A POST that is written by hand. */
function begin(headers: Readonly<Record<string, string>>): ClientRequest {
  const all = { 'content-type': 'application/json', 'x-forwarded-for': anywhere(), ...headers };
  return request(house.url + executor('login'), { method: 'POST', headers: all });
}

const statusOf = async (sent: ClientRequest) => ((await once(sent, 'response')) as [IncomingMessage])[0].statusCode;

describe('a stage that is away', () => {
  it('comes last of all', async () => {
    await house.end('session');

    expect(await send(house.browser(), { path: executor('away'), body: 'nonsense' })).toMatchObject({
      status: 400,
      body: { code: 'malformed_json' },
    });
    const away = await send(house.browser(), { path: executor('away') });
    expect([away.status, away.body['component']]).toEqual([503, 'ak-stage-flow-error']);
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
