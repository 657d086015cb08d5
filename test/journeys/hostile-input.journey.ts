import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { body, contentType, cookieValueOf, header, query } from '../support/hostile-input.js';
import { type RawResponse, sendRaw } from '../support/raw-http.js';

/** Number of runs per property. */
const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 25) };
/** Maximum number of requests per run. */
const BURST = 6;

let deployment: Deployment;

/** The gateway trusts the tests as a proxy, so that it parses forwarded headers. Rate limits are off. */
beforeAll(async () => {
  const lenientPassword = { ...PASSWORD, attrs: { ...PASSWORD.attrs, failed_attempts_before_cancel: 10_000 } };
  const embedded = { model: `authentik_stages_${PASSWORD.stage}`, id: 'embedded', identifiers: { name: 'embedded' } };
  const combined = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('embedded') } };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        { ...embedded, attrs: lenientPassword.attrs },
        flowEntries('combined', [combined, LOGIN]),
        flowEntries('closed', [{ stage: 'deny.denystage' }]),
        flowEntries('login', [IDENTIFICATION, lenientPassword, LOGIN]),
        flowEntries('private', [DUMMY], { authentication: 'require_authenticated' }),
      ),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1', ANONYMOUS_RATE: '0', NETWORK_ATTEMPTS_FREE: '1000000' },
  });
});
afterAll(() => deployment.close());

const EXECUTOR = '/api/v3/flows/executor/login/';
type Headers = readonly (readonly [name: string, value: string])[];
interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: Buffer;
}

function send({ method, path, headers, body: content }: Sent): Promise<RawResponse> {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const all: Headers = [
    ...(names.has('host') ? [] : [['Host', 'x'] as const]),
    ...(content ? [['Content-Length', String(content.length)] as const] : []),
    ...headers,
  ];
  const head = [`${method} ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  // Without a last chunk, the server would wait for the rest of a chunked body.
  const rest = content ?? Buffer.from(names.has('transfer-encoding') ? '0\r\n\r\n' : '');
  return sendRaw(deployment.url, Buffer.concat([Buffer.from(head, 'latin1'), rest]));
}

/** Paths that require a login. */
const GUARDED = [
  ...['/api/v3/core/users/me/', '/api/v3/core/authenticated_sessions/', '/api/v3/flows/inspector/login/'],
  ...['/api/v3/flows/instances/private/execute/', '/flows/-/configure/00000000-0000-4000-8000-000000000000/'],
];
const OPEN = ['/flows/-/default/authentication/', '/', '/if/user/', '/api/v3/', '/-/health/ready/', '/api/v3/schema/'];
/** Paths that accept responses of a flow. */
const FLOWS = [
  ...[EXECUTOR, EXECUTOR, '/if/flow/login/', '/api/v3/flows/executor/private/', '/if/flow/private/'],
  ...['/api/v3/flows/executor/combined/', '/if/flow/combined/', '/api/v3/flows/executor/closed/'],
];
const flow = fc.constantFrom(...FLOWS);
const request = fc.oneof(
  fc.tuple(fc.constant('GET'), fc.constantFrom(...GUARDED, ...OPEN, ...FLOWS)),
  fc.tuple(fc.constant('POST'), flow),
  fc.constant<[string, string]>([
    'DELETE',
    '/api/v3/core/authenticated_sessions/00000000-0000-4000-8000-000000000000/',
  ]),
);

/** Violations in a response to an anonymous visitor: errors, user data, access without login, open redirects. */
const VIOLATIONS: Readonly<Record<string, (path: string, answer: RawResponse) => boolean>> = {
  'server error': (_, { status }) => status >= 500,
  // The page of a refused form has the same text as the page of a stage error. Only the status differs.
  'stage error': (_, { status, body: text }) =>
    status === 200 && /"component":"ak-stage-flow-error"|Something went wrong/.test(text),
  'data of a user': (_, { body: text }) => /private 0 dummy|You are signed in/.test(text),
  'access without login': (path, { status }) => GUARDED.includes(path.split('?')[0]!) && status >= 200 && status < 300,
  'open redirect': (_, { headers }) => !/^\/(?![/\\])/.test(headers['location'] ?? '/'),
};

function expectHarmless(path: string, answer: RawResponse) {
  const violations = Object.keys(VIOLATIONS).filter((name) => VIOLATIONS[name]!(path, answer));
  expect({ path, violations, answer }).toEqual({ path, violations: [], answer });
}

/** Returns a browser whose visitor has reached the password step. */
async function atPasswordStep() {
  const browser = deployment.browser();
  expect((await browser.solve('login', { uid_field: 'alice' })).body).toMatchObject({ component: 'ak-stage-password' });
  return { browser, sessionCookie: `authentik_session=${browser.cookie()}` };
}

/** Expects that the visitor is not logged in, and that the plan continues. */
async function expectIntactLogin(browser: Browser) {
  expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
  expect((await browser.show('private')).body).toMatchObject({ component: 'ak-stage-access-denied' });
  await deployment.rows('DELETE FROM flow.attempts');
  const { body: end } = await browser.solve('login', { password: 'correct-horse-7' }, 'next=%2Fdone');
  expect(end).toEqual({ component: 'xak-flow-redirect', to: '/done' });
}

describe('during a login,', { timeout: 20_000 + RUNS.numRuns * 2000 }, () => {
  it('hostile headers cause no server error, give no access, and leave the login intact (accident 1)', async () => {
    const visit = fc.tuple(request, fc.array(header, { maxLength: 5 }));
    const bursts = fc.asyncProperty(fc.array(visit, { maxLength: BURST }), async (burst) => {
      const { browser, sessionCookie } = await atPasswordStep();
      for (const [[method, path], headers] of burst) {
        expectHarmless(path, await send({ method, path, headers: [['Cookie', sessionCookie], ...headers] }));
      }
      await expectIntactLogin(browser);
    });
    await fc.assert(bursts, RUNS);
  });

  it('hostile cookies cause no server error, give no access, and leave the login intact (accident 18)', async () => {
    const key = 'a'.repeat(43);
    const name = fc.constantFrom('authentik_session', 'authentik_csrf', 'authentik_mfa', 'sessionid', '__proto__', '');
    const cookiePair = fc.tuple(name, cookieValueOf(key)).map(([cookieName, value]) => `${cookieName}=${value}`);
    const visit = fc.tuple(request, fc.array(cookiePair, { maxLength: 4 }), fc.constantFrom('; ', ';', ', ', '; ;'));
    const bursts = fc.asyncProperty(fc.array(visit, { maxLength: BURST }), async (burst) => {
      const { browser } = await atPasswordStep();
      for (const [[method, path], pairs, between] of burst) {
        const cookies = pairs
          .join(between)
          .replaceAll(key, browser.cookie()!)
          .replace(/[\r\n\0]/g, ' ');
        expectHarmless(path, await send({ method, path, headers: [['Cookie', cookies]] }));
      }
      await expectIntactLogin(browser);
    });
    await fc.assert(bursts, RUNS);
  });

  it('hostile queries cause no server error, give no access, and leave the login intact (accident 56)', async () => {
    const visit = fc.tuple(request, query);
    const bursts = fc.asyncProperty(fc.array(visit, { maxLength: BURST }), async (burst) => {
      const { browser, sessionCookie } = await atPasswordStep();
      for (const [[method, path], queryString] of burst) {
        expectHarmless(
          `${path}?${queryString}`,
          await send({ method, path: `${path}?${queryString}`, headers: [['Cookie', sessionCookie]] }),
        );
      }
      await expectIntactLogin(browser);
    });
    await fc.assert(bursts, RUNS);
  });

  it('hostile bodies cause no server error, give no access, and leave the login intact (accident 44)', async () => {
    const visit = fc.tuple(fc.boolean(), flow, contentType, body);
    const bursts = fc.asyncProperty(fc.array(visit, { maxLength: BURST }), async (burst) => {
      const { browser, sessionCookie } = await atPasswordStep();
      const unidentified = deployment.browser();
      await unidentified.show('login');
      for (const [identified, path, type, content] of burst) {
        const cookie = identified ? sessionCookie : `authentik_session=${unidentified.cookie()}`;
        const headers: Headers = [
          ['Cookie', cookie],
          ['Content-Type', type],
        ];
        expectHarmless(path, await send({ method: 'POST', path, headers, body: content }));
      }
      await expectIntactLogin(browser);
    });
    await fc.assert(bursts, RUNS);
  });
});

it('an answer that exceeds the size limit once it is serialised for the stage is refused, and the login continues', async () => {
  const { browser } = await atPasswordStep();
  const growingBody = `{"password":[${'1e20,'.repeat(50_000)}1]}`;

  expect(await browser.post('login', growingBody)).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  await expectIntactLogin(browser);
});

it('no process logs an error during the tests of this file', () => {
  const lines = ['gateway', ...SERVICES].flatMap((name) => deployment.output(name).split('\n'));

  expect(lines.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
});
