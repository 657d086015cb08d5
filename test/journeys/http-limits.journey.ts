import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { loggedLine } from '../support/logged-line.js';
import { valueIn } from '../support/metrics.js';
import { freePort } from '../support/processes.js';
import { sendRaw } from '../support/raw-http.js';

let deployment: Deployment;
let monitoring: string;

/** The gateway is behind a TLS-terminating proxy, which the tests imitate. */
beforeAll(async () => {
  const port = String(await freePort());
  monitoring = `http://127.0.0.1:${port}/metrics`;
  deployment = await Deployment.open({
    blueprints: [blueprint(flowEntries('plain', [DUMMY]))],
    apart: ['gateway'],
    services: ['session'],
    gateway: { BASE_URL: 'https://id.example.org', REQUEST_ARRIVAL_S: '1', MONITORING_PORT: port, SOCKETS_MAX: '0' },
  });
});
afterAll(() => deployment.close());

/** Headers of every response, errors included. */
const HEADERS = {
  'x-authentik-id': expect.stringMatching(/^[0-9a-f]{32}$/),
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'content-security-policy': expect.stringContaining("default-src 'none';"),
  'cache-control': 'no-store',
  vary: 'Cookie',
  'strict-transport-security': 'max-age=31536000',
};

const executor = '/api/v3/flows/executor/plain/';

describe('every response', () => {
  it.each([
    ['a challenge', executor, {}, 200],
    ['a page', '/if/flow/plain/', {}, 200],
    ['a redirect', '/flows/-/cancel/', {}, 302],
    ['health', '/-/health/live/', {}, 200],
    ['invalid JSON', executor, { method: 'POST', body: 'x', headers: { 'content-type': 'application/json' } }, 400],
    ['no credentials', '/api/v3/core/users/me/', {}, 403],
    ['a form without a CSRF token', '/if/flow/plain/', { method: 'POST' }, 403],
    ['an unknown flow', '/api/v3/flows/executor/nowhere/', {}, 404],
    ['the page of an unknown flow', '/if/flow/nowhere/', {}, 404],
    ['an unknown path', '/nothing', {}, 404],
    ['a path that cannot be decoded', '/api/v3/flows/executor/%zz/', {}, 404],
    ['HEAD', executor, { method: 'HEAD' }, 405],
    ['OPTIONS', executor, { method: 'OPTIONS' }, 405],
    ['a large body without content type', executor, { method: 'POST', body: 'x'.repeat(300_000) }, 415],
    ['an invalid content type', executor, { method: 'POST', body: 'x', headers: { 'content-type': 'x' } }, 415],
  ])('has the security headers: %s', async (...[, path, init, status]) => {
    const answer = await deployment.browser().fetch(path, init);

    expect([answer.status, Object.fromEntries(answer.headers)]).toMatchObject([status, HEADERS]);
  });
});

describe('a request with an unknown Expect header', () => {
  it('gets the same challenge as without that header', async () => {
    const { status, headers } = await sendRaw(
      deployment.url,
      `GET ${executor} HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n`,
    );

    expect([status, headers]).toMatchObject([200, HEADERS]);
  });
});

describe('an absolute-form request target', () => {
  it.each(['GET', 'POST'])('gets 404 without a redirect to that host: %s', async (method) => {
    const sent = `${method} http://evil.example/if/flow/plain/ HTTP/1.1\r\nHost: evil.example\r\n\r\n`;
    const { status, headers, body } = await sendRaw(deployment.url, sent);

    expect([status, headers]).toMatchObject([404, HEADERS]);
    expect(body).not.toContain('evil');
  });
});

describe('a request with a missing or ambiguous host', () => {
  it.each([
    ['no Host header', `GET ${executor} HTTP/1.1\r\n\r\n`],
    ['two Host headers', `GET ${executor} HTTP/1.1\r\nHost: id.example.org\r\nHost: evil.example\r\n\r\n`],
    ['two equal Host headers', `GET ${executor} HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n`],
    ['two Host headers in HTTP/1.0', `GET ${executor} HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n`],
    ['two Host headers for an unknown path', 'GET /nothing HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
    ['no Host header and a path that cannot be decoded', 'GET /%zz/ HTTP/1.1\r\n\r\n'],
  ])('gets 400 with the security headers: %s', async (_title, sent) => {
    const { status, headers, body } = await sendRaw(deployment.url, sent);

    expect([status, headers]).toMatchObject([400, HEADERS]);
    expect(JSON.parse(body)).toMatchObject({ code: 'malformed_http' });
  });

  it('is accepted by HTTP/1.0 without a Host header, which is optional there', async () => {
    const { status, headers } = await sendRaw(deployment.url, `GET ${executor} HTTP/1.0\r\n\r\n`);

    expect([status, headers]).toMatchObject([200, HEADERS]);
  });
});

describe('a malformed request', () => {
  it.each([
    ['not HTTP', 'nonsense\r\n\r\n', 400, 'malformed_http'],
    [
      'two Content-Length headers',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'malformed_http',
    ],
    [
      'oversized headers',
      `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'a body that does not arrive',
      `POST ${executor} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{`,
      408,
      'request_too_slow',
    ],
  ])('gets a JSON error: %s', async (...[, sent, status, code]) => {
    const answer = await sendRaw(deployment.url, sent);

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ detail: expect.any(String), code });
    expect(answer.headers).toMatchObject({ ...HEADERS, connection: 'close' });
  });
});

describe('a client that aborts its request body', () => {
  it('causes no error in the log', async () => {
    await sendRaw(
      deployment.url,
      `POST ${executor} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    const logged = deployment.says('gateway', /"flow":"plain"/);
    await deployment.browser().show('plain');
    await logged;

    expect(deployment.output('gateway')).not.toMatch(/"level":"(error|fatal)"/);
  });
});

/** Returns the name of the metric series that counts the responses with these labels. */
const responses = (route: string, method: string, status: number) =>
  `gatehouse_http_seconds_count{route="${route}",method="${method}",status="${status}"}`;
const malformed = (problem: string) => `gatehouse_malformed_requests_total{problem="${problem}"}`;
const refusedSockets = (reason: string) => `gatehouse_sockets_refused_total{reason="${reason}"}`;
const post = (path: string, type: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const socket = (origin: string) =>
  `GET /ws/client/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: ${origin}\r\n\r\n`;
const [JSON_TYPE, ROUTE, TOKENS] = [
  'application/json',
  '/api/v3/flows/executor/:flow_slug',
  '/application/o/token/',
] as const;

describe('a refusal is counted, and logs only the lines of the specification (docs/spec/http.md#unlogged-refusals)', () => {
  it.each<[title: string, sent: string, series: string, events: string[]]>([
    ['not HTTP', 'nonsense\r\n\r\n', malformed('malformed_http'), []],
    ['oversized headers', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, malformed('headers_too_large'), []],
    ['a slow body', `${post(executor, JSON_TYPE, '{}').slice(0, -1)}`, malformed('request_too_slow'), []],
    ['two hosts', `GET ${executor} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n`, responses(ROUTE, 'GET', 400), []],
    ['an unknown address', 'GET /nothing/ HTTP/1.1\r\nHost: x\r\n\r\n', responses('none', 'GET', 404), []],
    ['a wrong method', `PUT ${executor} HTTP/1.1\r\nHost: x\r\n\r\n`, responses('none', 'PUT', 405), []],
    ['invalid JSON', post(executor, JSON_TYPE, '{'), responses(ROUTE, 'POST', 400), []],
    ['a large body', post(executor, JSON_TYPE, `"${'x'.repeat(300_000)}"`), responses(ROUTE, 'POST', 413), []],
    ['a wrong type', post(executor, 'text/plain', 'x'), responses(ROUTE, 'POST', 415), []],
    ['a wrong type for OAuth', post(TOKENS, 'text/plain', 'x'), responses(TOKENS.slice(0, -1), 'POST', 415), []],
    ['a WebSocket beyond the limit', socket('https://id.example.org'), refusedSockets('process'), []],
    ['a WebSocket of another site', socket('https://evil.example'), refusedSockets('origin'), ['csrf_refused']],
  ])('%s', async (...[, sent, series, events]) => {
    const count = async () => valueIn(await (await fetch(monitoring)).text(), series) ?? 0;
    const before = await count();
    const { headers } = await sendRaw(deployment.url, sent);
    const later = await deployment.browser().fetch(executor);
    await loggedLine(deployment, 'flow_answered', later.headers.get('x-authentik-id'));

    const lines = deployment
      .output('gateway')
      .split('\n')
      .filter((line) => line.includes(headers['x-authentik-id']!));
    expect(lines.map((line) => (JSON.parse(line) as { event: unknown }).event)).toEqual(events);
    expect(await count()).toBe(before + 1);
  });
});
