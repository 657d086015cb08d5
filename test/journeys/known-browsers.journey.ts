import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const RIGHT = 'correct-horse-7';
const COOKIE = 'gatehouse_known';
let deployment: Deployment;

/**
 * Delays after failures are longer than the tests. The gateway trusts the tests as a proxy, so that they can send from
 * any network.
 */
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(userEntry('alice'), userEntry('bob'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1', ATTEMPTS_DELAY_S: '600' },
  });
});
afterAll(() => deployment.close());
beforeEach(() => deployment.rows('DELETE FROM flow.attempts'));

/** Answers the login from a network with a username and a password. Returns the user who is logged in then. */
async function logIn(browser: Browser, { as = 'alice', password = RIGHT, from = '203.0.113.7' } = {}) {
  for (const body of [{ uid_field: as }, { password }]) {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': from };
    await browser.fetch('/api/v3/flows/executor/login/?query=', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  }
  return usernameOf(browser);
}

/** Returns a browser in which the user has logged in before, without a session. */
async function browserKnownFor(as: string) {
  const browser = deployment.browser();
  expect(await logIn(browser, { as })).toBe(as);
  browser.plant(undefined);
  return browser;
}

/** Sends wrong passwords for alice, each from a network of its own. */
async function guess(times: number) {
  for (let i = 0; i < times; i++)
    await logIn(deployment.browser(), { password: `guess ${i}`, from: `198.51.100.${i}` });
}
const setFailures = (failures: number, freeAt: string) =>
  deployment.rows(
    `UPDATE flow.attempts SET failures = $1, free_at = ${freeAt}, updated_at = now() WHERE credential = 'password'`,
    [failures],
  );

describe('while anonymous visitors guess at the password of a user', () => {
  it('the user logs in from a browser in which they have logged in before', async () => {
    const [known, ofBob] = [await browserKnownFor('alice'), await browserKnownFor('bob')];
    await guess(25);
    await setFailures(500, `now() + interval '1 hour'`);

    expect(await logIn(deployment.browser())).toBeUndefined();
    expect(await logIn(ofBob)).toBeUndefined();
    expect(await logIn(known)).toBe('alice');
    // The login in the known browser gives other browsers no further attempts.
    expect(await logIn(deployment.browser())).toBeUndefined();
  });

  it('a browser in which the user has logged in before is admitted even from a blocked network', async () => {
    const known = await browserKnownFor('alice');
    await logIn(deployment.browser(), { as: 'bob', password: 'wrong' });
    await deployment.rows(`UPDATE flow.attempts SET failures = 500, free_at = now() + interval '1 hour'`);

    expect(await logIn(deployment.browser())).toBeUndefined();
    expect(await logIn(known)).toBe('alice');
  });

  it('wrong passwords from a browser in which the user has logged in before delay only that browser', async () => {
    const known = await browserKnownFor('alice');
    for (let i = 0; i < 6; i++) await logIn(known, { password: `typo ${i}` });

    expect(await logIn(known)).toBeUndefined();
    expect(await logIn(deployment.browser())).toBe('alice');
  });

  it('the network that guesses is delayed first, and the user logs in from another one', async () => {
    const [attacker, from] = [deployment.browser(), '198.51.100.1'];
    for (let i = 0; i < 6; i++) await logIn(attacker, { password: `guess ${i}`, from });

    expect(await logIn(deployment.browser(), { from })).toBeUndefined();
    expect(await logIn(deployment.browser())).toBe('alice');
  });

  it('a network that guesses for a week, as often as allowed, delays other networks by at most 30 minutes', async () => {
    const url = await deployment.openAnotherGateway({ ATTEMPTS_DELAY_S: '1' });
    const letPass = (seconds: number) =>
      deployment.rows(
        `UPDATE flow.attempts SET free_at = free_at - $1::interval, updated_at = updated_at - $1::interval`,
        [`${seconds} s`],
      );
    const longestDelay = async () => {
      const [row] = await deployment.rows<{ seconds: number }>(
        `SELECT ceil(greatest(max(extract(epoch FROM free_at - now())), 0))::int AS seconds FROM flow.attempts`,
      );
      return row!.seconds;
    };
    for (let seconds = 0, delay = 0; seconds < 7 * 86_400; seconds += delay) {
      await logIn(new Browser(url), { password: 'a guess', from: '198.51.100.1' });
      delay = (await longestDelay()) + 1;
      await letPass(delay);
    }
    await logIn(new Browser(url), { password: 'a guess', from: '198.51.100.1' });
    await letPass(1800);

    expect(await logIn(new Browser(url))).toBe('alice');
  });

  it('no number of wrong passwords locks the password for longer than the delay', async () => {
    await guess(1);
    await setFailures(500, 'now()');

    expect(await logIn(deployment.browser())).toBe('alice');
  });
});

describe('the cookie of a known browser', () => {
  /** Delays the password of alice in all browsers that are not known for her. */
  async function delayOthers() {
    await guess(1);
    await setFailures(30, `now() + interval '1 hour'`);
  }
  const logInWith = (mark: string) => {
    const browser = deployment.browser();
    browser.plant(mark, COOKIE);
    return logIn(browser);
  };

  it('has no effect after the epoch of its user has increased', async () => {
    const mark = (await browserKnownFor('alice')).cookie(COOKIE)!;
    await delayOthers();
    expect(await logInWith(mark)).toBe('alice');
    await deployment.rows('UPDATE directory.users SET epoch = epoch + 1 WHERE username = $1', ['alice']);

    expect(await logInWith(mark)).toBeUndefined();
  });

  it('has no effect for another user, or if a part of it was changed', async () => {
    const mark = (await browserKnownFor('alice')).cookie(COOKIE)!;
    const ofBob = (await browserKnownFor('bob')).cookie(COOKIE)!;
    await delayOthers();
    const [id, until, mac] = mark.split('.') as [string, string, string];
    const changed = (text: string) => text.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const forged of [
      `${changed(id)}.${until}.${mac}`,
      `${id}.${Number(until) + 1}.${mac}`,
      `${id}.${until}.${changed(mac)}`,
    ])
      expect(await logInWith(forged)).toBeUndefined();

    expect(await logInWith(ofBob)).toBeUndefined();
    expect(await logInWith(mark)).toBe('alice');
  });
});
