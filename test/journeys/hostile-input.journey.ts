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
import { type RawAnswer, sendRaw } from '../support/raw-http.js';

/** How often each property is tried, and with how many requests at most. */
const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 25) };
const BURST = 6;

let deployment: Deployment;

/** The tests are a trusted proxy, so that whatever they say of an address is looked at. Nothing is refused for its number. */
beforeAll(async () => {
  const patient = { ...PASSWORD, attrs: { ...PASSWORD.attrs, failed_attempts_before_cancel: 10_000 } };
  const embedded = { model: `authentik_stages_${PASSWORD.stage}`, id: 'embedded', identifiers: { name: 'embedded' } };
  const combined = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('embedded') } };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        { ...embedded, attrs: patient.attrs },
        flowEntries('combined', [combined, LOGIN]),
        flowEntries('closed', [{ stage: 'deny.denystage' }]),
        flowEntries('login', [IDENTIFICATION, patient, LOGIN]),
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

function send({ method, path, headers, body: content }: Sent): Promise<RawAnswer> {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const all: Headers = [
    ...(names.has('host') ? [] : [['Host', 'x'] as const]),
    ...(content ? [['Content-Length', String(content.length)] as const] : []),
    ...headers,
  ];
  const head = [`${method} ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  // A chunked body that is said to come, and does not, would be waited for.
  const rest = content ?? Buffer.from(names.has('transfer-encoding') ? '0\r\n\r\n' : '');
  return sendRaw(deployment.url, Buffer.concat([Buffer.from(head, 'latin1'), rest]));
}

/** Only for those who are logged in. */
const GUARDED = [
  ...['/api/v3/core/users/me/', '/api/v3/core/authenticated_sessions/', '/api/v3/flows/inspector/login/'],
  ...['/api/v3/flows/instances/private/execute/', '/flows/-/configure/00000000-0000-4000-8000-000000000000/'],
];
const OPEN = ['/flows/-/default/authentication/', '/', '/if/user/', '/api/v3/', '/-/health/ready/', '/api/v3/schema/'];
/** Where answers go. */
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

/** What is wrong with an answer: a fault, on the wire or in words; what is not a stranger's; a way to elsewhere. */
const WRONGS: Readonly<Record<string, (path: string, answer: RawAnswer) => boolean>> = {
  'a fault': (_, { status }) => status >= 500,
  // A page that refuses a form shows why as it would show a fault; its status tells them apart.
  'a fault of a stage': (_, { status, body: said }) =>
    status === 200 && /"component":"ak-stage-flow-error"|Something went wrong/.test(said),
  'what is for others': (_, { body: said }) => /private 0 dummy|You are signed in/.test(said),
  'let in': (path, { status }) => GUARDED.includes(path.split('?')[0]!) && status >= 200 && status < 300,
  'led astray': (_, { headers }) => !/^\/(?![/\\])/.test(headers['location'] ?? '/'),
};

function expectHarmless(path: string, answer: RawAnswer) {
  const wrongs = Object.keys(WRONGS).filter((name) => WRONGS[name]!(path, answer));
  expect({ path, wrongs, answer }).toEqual({ path, wrongs: [], answer });
}

/** A visitor whom the password is asked of. */
async function underWay() {
  const browser = deployment.browser();
  expect((await browser.solve('login', { uid_field: 'alice' })).body).toMatchObject({ component: 'ak-stage-password' });
  return { browser, own: `authentik_session=${browser.cookie()}` };
}

/** Nobody is logged in yet, and the plan goes on where it was. */
async function expectUnharmed(browser: Browser) {
  expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
  expect((await browser.show('private')).body).toMatchObject({ component: 'ak-stage-access-denied' });
  await deployment.rows('DELETE FROM flow.attempts');
  const { body: end } = await browser.solve('login', { password: 'correct-horse-7' }, 'next=%2Fdone');
  expect(end).toEqual({ component: 'xak-flow-redirect', to: '/done' });
}

describe('no fault, no right that was not there, and no login lost', { timeout: 20_000 + RUNS.numRuns * 2000 }, () => {
  it('whatever the headers say (accident 1)', async () => {
    const one = fc.tuple(request, fc.array(header, { maxLength: 5 }));
    const bursts = fc.asyncProperty(fc.array(one, { maxLength: BURST }), async (burst) => {
      const { browser, own } = await underWay();
      for (const [[method, at], headers] of burst) {
        expectHarmless(at, await send({ method, path: at, headers: [['Cookie', own], ...headers] }));
      }
      await expectUnharmed(browser);
    });
    await fc.assert(bursts, RUNS);
  });

  it('whatever the cookies are (accident 18)', async () => {
    const key = 'a'.repeat(43);
    const name = fc.constantFrom('authentik_session', 'authentik_csrf', 'authentik_mfa', 'sessionid', '__proto__', '');
    const pair = fc.tuple(name, cookieValueOf(key)).map(([called, value]) => `${called}=${value}`);
    const one = fc.tuple(request, fc.array(pair, { maxLength: 4 }), fc.constantFrom('; ', ';', ', ', '; ;'));
    const bursts = fc.asyncProperty(fc.array(one, { maxLength: BURST }), async (burst) => {
      const { browser } = await underWay();
      for (const [[method, at], pairs, between] of burst) {
        const cookies = pairs
          .join(between)
          .replaceAll(key, browser.cookie()!)
          .replace(/[\r\n\0]/g, ' ');
        expectHarmless(at, await send({ method, path: at, headers: [['Cookie', cookies]] }));
      }
      await expectUnharmed(browser);
    });
    await fc.assert(bursts, RUNS);
  });

  it('whatever the query is (accident 56)', async () => {
    const one = fc.tuple(request, query);
    const bursts = fc.asyncProperty(fc.array(one, { maxLength: BURST }), async (burst) => {
      const { browser, own } = await underWay();
      for (const [[method, at], asked] of burst) {
        expectHarmless(`${at}?${asked}`, await send({ method, path: `${at}?${asked}`, headers: [['Cookie', own]] }));
      }
      await expectUnharmed(browser);
    });
    await fc.assert(bursts, RUNS);
  });

  it('whatever the body is, before the user is known and after (accident 44)', async () => {
    const one = fc.tuple(fc.boolean(), flow, contentType, body);
    const bursts = fc.asyncProperty(fc.array(one, { maxLength: BURST }), async (burst) => {
      const { browser, own } = await underWay();
      const early = deployment.browser();
      await early.show('login');
      for (const [known, at, type, content] of burst) {
        const cookie = known ? own : `authentik_session=${early.cookie()}`;
        const headers: Headers = [
          ['Cookie', cookie],
          ['Content-Type', type],
        ];
        expectHarmless(at, await send({ method: 'POST', path: at, headers, body: content }));
      }
      await expectUnharmed(browser);
    });
    await fc.assert(bursts, RUNS);
  });
});

it('an answer that grows on its way to the stage is too large, and the login goes on', async () => {
  const { browser } = await underWay();
  const grown = `{"password":[${'1e20,'.repeat(50_000)}1]}`;

  expect(await browser.post('login', grown)).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  await expectUnharmed(browser);
});

it('leaves no fault in any log', () => {
  const lines = ['gateway', ...SERVICES].flatMap((name) => deployment.output(name).split('\n'));

  expect(lines.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
});
