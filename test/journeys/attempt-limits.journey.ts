import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { countingAttempts } from '../support/counting-attempts.js';
import { Deployment } from '../support/deployment.js';
import { submit } from '../support/forms.js';
import { loggedLine } from '../support/logged-line.js';

const RIGHT = 'correct-horse-7';
const APP_PASSWORD = 'app-password-of-bob-as-long-as-those-that-the-house-draws-1';
let deployment: Deployment;
/** Address of a second gateway on the same database. */
let other: string;

/**
 * The gateways have the default attempt limits. They trust the tests as a proxy, so that the tests can send from any
 * network.
 */
beforeAll(async () => {
  const tokens = { ...PASSWORD, attrs: { backends: ['authentik.core.auth.TokenBackend'] } };
  const embedded = { model: `authentik_stages_${PASSWORD.stage}`, id: 'embedded', identifiers: { name: 'embedded' } };
  const combined = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('embedded') } };
  const byMail = { ...IDENTIFICATION, attrs: { user_fields: ['email'], pretend_user_exists: false } };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('bob')],
        tokenEntry('bob', APP_PASSWORD, { intent: 'app_password' }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('tokens', [IDENTIFICATION, tokens, LOGIN]),
        { ...embedded, attrs: PASSWORD.attrs },
        flowEntries('combined', [combined, LOGIN]),
        flowEntries('by-mail', [byMail, PASSWORD, LOGIN]),
      ),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
  });
  other = await deployment.openAnotherGateway();
});
afterAll(() => deployment.close());

const isLoggedIn = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status === 200;

async function logIn(browser: Browser, slug: string, [uid_field, password]: readonly [user: string, password: string]) {
  await browser.solve(slug, { uid_field });
  return browser.solve(slug, { password });
}

/** Every way to prove bob's password or app password. */
const LOGIN_METHODS: Readonly<Record<string, (browser: Browser) => Promise<unknown>>> = {
  'a password step': (browser) => logIn(browser, 'login', ['bob', RIGHT]),
  'a password field in the identification step': (browser) =>
    browser.solve('combined', { uid_field: 'bob', password: RIGHT }),
  'a login by mail address': (browser) => logIn(browser, 'by-mail', ['bob@example.org', RIGHT]),
  'an app password': (browser) => logIn(browser, 'tokens', ['bob', APP_PASSWORD]),
  'the flow page': async (browser) => {
    await submit(browser, '/if/flow/login/', { uid_field: 'bob' });
    return submit(browser, '/if/flow/login/', { password: RIGHT });
  },
};
const setDelay = (delay: string) =>
  deployment.rows(`UPDATE flow.attempts SET free_at = now() + $1::interval WHERE credential = 'password'`, [delay]);

describe('a password with too many failures', () => {
  it.each(Object.keys(LOGIN_METHODS))(
    'is refused in every unknown browser, at every gateway, until the delay ends: %s (accident 29)',
    async (method) => {
      await logIn(deployment.browser(), 'login', ['bob', 'wrong']);
      for (const [delay, isRight] of [['1 hour', 0] as const, ['0 s', 1] as const]) {
        await setDelay(delay);
        for (const browser of [deployment.browser(), new Browser(other)]) {
          const { judged } = await countingAttempts(deployment, () => LOGIN_METHODS[method]!(browser));
          expect([delay, judged, await isLoggedIn(browser)]).toEqual([delay, isRight, isRight === 1]);
        }
      }
    },
  );

  it('is logged as a security event with the uuid of the user, for a username and a mail address', async () => {
    const [bob] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'bob'`);
    await deployment.rows('DELETE FROM flow.attempts');
    await logIn(deployment.browser(), 'login', ['bob', 'wrong']);
    await setDelay('1 hour');
    for (const [flow, uid_field] of [
      ['login', 'bob'],
      ['by-mail', 'bob@example.org'],
    ] as const) {
      const { headers } = await logIn(deployment.browser(), flow, [uid_field, RIGHT]);
      expect(await loggedLine(deployment, 'attempt_refused', headers.get('x-authentik-id'))).toMatchObject({
        ...{ level: 'security', msg: 'an attempt was refused without being judged', client_ip: '127.0.0.1' },
        ...{ flow, stage: 'password', reason: 'delayed', user: bob!.id },
      });
    }
  });
});

describe('repeated wrong passwords', () => {
  it('are delayed, even if each comes from a new network and a new session, with default settings (accidents 22, 34)', async () => {
    const guess = async (i: number) => {
      const browser = deployment.browser();
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `203.0.113.${i}` };
      for (const body of [{ uid_field: 'alice' }, { password: `guess ${i}` }]) {
        const sent = { method: 'POST', headers, body: JSON.stringify(body) };
        await browser.fetch('/api/v3/flows/executor/login/?query=', sent);
      }
    };
    const begun = performance.now();
    const { judged } = await countingAttempts(deployment, async () => {
      for (let i = 0; i < 100; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => guess(i + j)));
    });
    const seconds = (performance.now() - begun) / 1000;

    // The first 20 attempts, from all networks together, are free. Attempts 21, 22 and so on are judged after a delay of
    // 1, 2, 4 seconds and so on: attempt 20 + n after 2^n - 1 seconds, however long the guesses take.
    expect(judged).toBeGreaterThanOrEqual(20);
    expect(judged).toBeLessThanOrEqual(20 + Math.floor(Math.log2(seconds + 1)));
  });
});

describe('the limit of a network', () => {
  it('does not reveal that a username and a mail address belong to one user, even for delayed passwords (accident 6)', async () => {
    const url = await deployment.openAnotherGateway({ ATTEMPTS_DELAY_S: '600', NETWORK_ATTEMPTS_FREE: '12' });
    /** Sends guesses until the gateway refuses the network. Returns the number of guesses. */
    const guessesUntilRefused = async (names: readonly string[]) => {
      await deployment.rows('DELETE FROM flow.attempts');
      for (let guesses = 0; ; guesses++) {
        const uid_field = names[Math.floor(guesses / 5)] ?? `another-${guesses}`;
        const { status } = await logIn(new Browser(url), 'login', [uid_field, 'wrong']);
        if (status === 429) return guesses;
        expect(status).toBe(200);
      }
    };

    const logged = deployment.says(
      `gateway-${new URL(url).port}`,
      /"attempt_refused".*"reason":"network","subject":"[0-9a-f]{16}"/,
    );
    const [known, unknown] = [
      await guessesUntilRefused(['bob', 'bob@example.org']),
      await guessesUntilRefused(['x', 'y']),
    ];
    expect(known).toBe(unknown);
    await logged;
  });
});

describe('a password with invalid characters', () => {
  it.each([
    ['correct\0horse', 'Null characters are not allowed.', 'null_characters_not_allowed'],
    ['correct\ud800horse', 'Surrogate characters are not allowed: U+D800.', 'surrogate_characters_not_allowed'],
  ])('gets a field error in every kind of step, and counts as no attempt: %j', async (password, string, code) => {
    await deployment.rows('DELETE FROM flow.attempts');
    const bodies: unknown[] = [];
    const { judged } = await countingAttempts(deployment, async () => {
      for (const uid_field of ['bob', 'nobody'])
        bodies.push((await deployment.browser().solve('combined', { uid_field, password })).body);
    });
    bodies.push((await logIn(deployment.browser(), 'login', ['bob', password])).body);

    const errors = { password: [{ string, code }] };
    expect(bodies).toEqual(Array(3).fill(expect.objectContaining({ response_errors: errors })));
    expect(judged).toBe(0);
    expect(await deployment.rows('SELECT failures FROM flow.attempts WHERE failures > 0')).toEqual([]);
  });
});

describe('a login by a method or a flow that is not offered', () => {
  it.each<[string, string, string]>([
    ['a username where the flow accepts mail addresses only', 'by-mail', RIGHT],
    ['a password where the flow accepts app passwords only', 'tokens', RIGHT],
    ['an app password where the flow accepts passwords only', 'login', APP_PASSWORD],
  ])('is refused: %s (accident 40)', async (_, slug, secret) => {
    await deployment.rows('DELETE FROM flow.attempts');
    const browser = deployment.browser();
    const { body } = await logIn(browser, slug, ['bob', secret]);

    expect(body).toHaveProperty('response_errors');
    expect(await isLoggedIn(browser)).toBe(false);
  });

  it('returns 404 after the flow was deleted (accident 40)', async () => {
    await deployment.apply(
      '{"version":1,"entries":[{"model":"authentik_flows.flow","identifiers":{"slug":"by-mail"},"state":"absent"}]}',
    );

    expect((await deployment.browser().solve('by-mail', { uid_field: 'bob@example.org' })).status).toBe(404);
    expect((await deployment.browser().fetch('/if/flow/by-mail/')).status).toBe(404);
  });
});
