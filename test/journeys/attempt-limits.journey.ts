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

const RIGHT = 'correct-horse-7';
const APP_PASSWORD = 'app-password-of-bob-as-long-as-those-that-the-house-draws-1';
let house: Deployment;
/** A second gateway on the same database. */
let other: string;

/** No limit is set, so that what holds here holds by default. The tests are a trusted proxy, to come from any network. */
beforeAll(async () => {
  const tokens = { ...PASSWORD, attrs: { backends: ['authentik.core.auth.TokenBackend'] } };
  const embedded = { model: `authentik_stages_${PASSWORD.stage}`, id: 'embedded', identifiers: { name: 'embedded' } };
  const combined = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('embedded') } };
  const byMail = { ...IDENTIFICATION, attrs: { user_fields: ['email'], pretend_user_exists: false } };
  house = await Deployment.open({
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
  other = await house.openAnotherGateway();
});
afterAll(() => house.close());

const isLoggedIn = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status === 200;

async function logIn(browser: Browser, slug: string, [uid_field, password]: readonly [user: string, password: string]) {
  await browser.solve(slug, { uid_field });
  return browser.solve(slug, { password });
}

/** Every way to prove a password of bob's. */
const WAYS: Readonly<Record<string, (browser: Browser) => Promise<unknown>>> = {
  'a step of its own': (browser) => logIn(browser, 'login', ['bob', RIGHT]),
  'the step that names the user': (browser) => browser.solve('combined', { uid_field: 'bob', password: RIGHT }),
  'by mail address': (browser) => logIn(browser, 'by-mail', ['bob@example.org', RIGHT]),
  'an app password': (browser) => logIn(browser, 'tokens', ['bob', APP_PASSWORD]),
  'the page': async (browser) => {
    await submit(browser, '/if/flow/login/', { uid_field: 'bob' });
    return submit(browser, '/if/flow/login/', { password: RIGHT });
  },
};
const failBobs = (failures: number) =>
  house.rows(`UPDATE flow.attempts SET failures = $1, free_at = now() WHERE credential = 'password'`, [failures]);

describe('a password that is locked', () => {
  it.each(Object.keys(WAYS))('is locked for everybody, at every gateway, also by %s (accident 29)', async (way) => {
    await logIn(house.browser(), 'login', ['bob', 'wrong']);
    for (const failures of [50, 0]) {
      await failBobs(failures);
      for (const browser of [house.browser(), new Browser(other)]) {
        const { judged } = await countingAttempts(house, () => WAYS[way]!(browser));
        expect([failures, judged, await isLoggedIn(browser)]).toEqual(failures ? [50, 0, false] : [0, 1, true]);
      }
    }
  });
});

describe('a password that is guessed', () => {
  it('from a new network and a new session each time is soon not judged any more, with nothing set (accidents 22, 34)', async () => {
    const guess = async (i: number) => {
      const browser = house.browser();
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `203.0.113.${i}` };
      for (const body of [{ uid_field: 'alice' }, { password: `guess ${i}` }]) {
        const sent = { method: 'POST', headers, body: JSON.stringify(body) };
        await browser.fetch('/api/v3/flows/executor/login/?query=', sent);
      }
    };
    const { judged } = await countingAttempts(house, async () => {
      for (let i = 0; i < 100; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => guess(i + j)));
    });

    // Five are free; four more take 1 + 2 + 4 + 8 seconds.
    expect(judged).toBeGreaterThanOrEqual(5);
    expect(judged).toBeLessThan(10);
  });
});

describe('a password that no text can be', () => {
  it.each([
    ['correct\0horse', 'Null characters are not allowed.', 'null_characters_not_allowed'],
    ['correct\ud800horse', 'Surrogate characters are not allowed: U+D800.', 'surrogate_characters_not_allowed'],
  ])('is told as an error of its field in whichever step, and is no attempt: %j', async (password, string, code) => {
    await house.rows('DELETE FROM flow.attempts');
    const said: unknown[] = [];
    const { judged } = await countingAttempts(house, async () => {
      for (const uid_field of ['bob', 'nobody'])
        said.push((await house.browser().solve('combined', { uid_field, password })).body);
    });
    said.push((await logIn(house.browser(), 'login', ['bob', password])).body);

    const errors = { password: [{ string, code }] };
    expect(said).toEqual(Array(3).fill(expect.objectContaining({ response_errors: errors })));
    expect(judged).toBe(0);
    expect(await house.rows('SELECT failures FROM flow.attempts WHERE failures > 0')).toEqual([]);
  });
});

describe('what a flow does not offer', () => {
  it.each<[string, string, string]>([
    ['a name, where mail addresses are asked for', 'by-mail', RIGHT],
    ['a password, where app passwords are', 'tokens', RIGHT],
    ['an app password, where passwords are', 'login', APP_PASSWORD],
  ])('lets nobody in who sends it all the same: %s (accident 40)', async (_, slug, secret) => {
    await house.rows('DELETE FROM flow.attempts');
    const browser = house.browser();
    const { body } = await logIn(browser, slug, ['bob', secret]);

    expect(body).toHaveProperty('response_errors');
    expect(await isLoggedIn(browser)).toBe(false);
  });

  it('is no flow, when none is there for it (accident 40)', async () => {
    await house.apply(
      '{"version":1,"entries":[{"model":"authentik_flows.flow","identifiers":{"slug":"by-mail"},"state":"absent"}]}',
    );

    expect((await house.browser().solve('by-mail', { uid_field: 'bob@example.org' })).status).toBe(404);
    expect((await house.browser().fetch('/if/flow/by-mail/')).status).toBe(404);
  });
});
