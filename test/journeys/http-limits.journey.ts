import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { sendRaw } from '../support/raw-http.js';

let deployment: Deployment;

/** The gateway is behind a TLS-terminating proxy, which the tests imitate. */
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [blueprint(flowEntries('plain', [DUMMY]))],
    services: ['session'],
    gateway: { BASE_URL: 'https://id.example.org', REQUEST_ARRIVAL_S: '1' },
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
  it('gets the challenge as without that header', async () => {
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

describe('a request whose host is not clear', () => {
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

  it('does not include a request by HTTP/1.0, in which the Host header is optional', async () => {
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
