import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { APP_PASSWORD, CREDENTIAL_FLOWS, CREDENTIAL_SERVICES } from '../support/credential-flows.js';
import { Deployment } from '../support/deployment.js';

const [OLD, NEW] = ['correct-horse-7', 'another-horse-8'];
const CHANGED = { password: NEW, password_repeat: NEW };
const ASKS_PASSWORD = { component: 'ak-stage-password' };
const DONE = { component: 'xak-flow-redirect' };

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({ services: CREDENTIAL_SERVICES, blueprints: [CREDENTIAL_FLOWS] });
}, 120_000);
afterAll(() => deployment?.close());

beforeEach(async () => {
  await deployment.rows('TRUNCATE mfa.devices CASCADE');
  await deployment.rows('DELETE FROM flow.attempts');
});

const kept = async () => (await deployment.rows('SELECT FROM mfa.devices')).length;
const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

async function loggedIn(username: string, password = OLD, flow = 'login'): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve(flow, { uid_field: username });
  await browser.solve(flow, { password });
  return browser;
}

/** Lets every session look as if its user had logged in more than CREDENTIAL_PROOF_S ago. */
const age = () =>
  deployment.rows(`UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - interval '3601 s')`);

async function longAgo(username: string): Promise<Browser> {
  const browser = await loggedIn(username);
  await age();
  return browser;
}

const codeOf = (body: BrowserResponse['body']) => {
  const secret = new URL(body['config_url'] as string).searchParams.get('secret')!;
  return generateSync({ secret, base32: new ScureBase32Plugin() });
};

describe('a session whose login is older than CREDENTIAL_PROOF_S', () => {
  it('is asked for the password before a device is set up, and goes on with the right one (accident 55)', async () => {
    const alice = await longAgo('alice');
    expect((await alice.show('codes')).body).toMatchObject(ASKS_PASSWORD);
    for (const answer of [{}, { component: 'ak-stage-authenticator-static' }, { password: 'wrong' }])
      expect((await alice.solve('codes', answer)).body).toMatchObject(ASKS_PASSWORD);
    expect(await kept()).toBe(0);

    expect((await alice.solve('codes', { password: OLD })).body).toMatchObject({
      component: 'ak-stage-authenticator-static',
    });
    expect((await alice.solve('codes', {})).body).toMatchObject(DONE);
    expect(await kept()).toBe(1);
  });

  it('is asked when the time has passed since the device was shown', async () => {
    const alice = await loggedIn('alice');
    expect((await alice.show('codes')).body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    await age();
    expect((await alice.solve('codes', {})).body).toMatchObject(ASKS_PASSWORD);
    expect(await kept()).toBe(0);
  });

  it('is asked for a device instead, by whoever has one, and for no password besides', async () => {
    const alice = await loggedIn('alice');
    const { body } = await alice.show('codes');
    const [code] = body['codes'] as string[];
    await alice.solve('codes', {});
    await age();

    const FACTOR = { component: 'ak-stage-authenticator-validate' };
    expect((await alice.solve('password', CHANGED)).body).toMatchObject(FACTOR);
    expect((await alice.show('codes')).body).toMatchObject(FACTOR);
    expect((await alice.solve('codes', { code })).body).toMatchObject({ component: 'ak-stage-authenticator-static' });
  });

  it('is asked before its password or address is changed, and before its user is deleted', async () => {
    const erin = await longAgo('erin');
    expect((await erin.solve('settings', { name: 'Erin', email: 'erin@example.org' })).body).toMatchObject(DONE);
    expect((await erin.solve('settings', { name: 'Erin', email: 'other@example.org' })).body).toMatchObject(
      ASKS_PASSWORD,
    );
    expect((await erin.show('leave')).body).toMatchObject(ASKS_PASSWORD);
    expect((await erin.solve('password', CHANGED)).body).toMatchObject(ASKS_PASSWORD);
    expect(await statusOf(await loggedIn('erin'))).toBe(200);

    await age();
    expect((await erin.solve('password', { password: OLD })).body).toMatchObject(DONE);
    expect([await statusOf(await loggedIn('erin')), await statusOf(await loggedIn('erin', NEW))]).toEqual([403, 200]);
  });

  it('is told to log in again where its user has nothing to prove it with', async () => {
    const frank = await longAgo('frank');
    await deployment.rows(`UPDATE directory.users SET password_hash = '' WHERE username = 'frank'`);
    expect((await frank.show('codes')).body).toMatchObject({
      component: 'ak-stage-access-denied',
      error_message: 'You have no password to confirm this with. Log out, log in again, and come back.',
    });
    expect(await kept()).toBe(0);
  });

  it('is not asked for what a mailed link has proved', async () => {
    const alice = await longAgo('alice');
    const link = new URL(await deployment.user(['recovery-link', 'alice', '--flow', 'recovery']));
    expect((await alice.solve('recovery', {}, link.search.slice(1))).body).toMatchObject({
      component: 'ak-stage-prompt',
    });
    const same = { password: OLD, password_repeat: OLD };
    expect((await alice.solve('recovery', same)).body).toMatchObject(DONE);
  });
});

describe('a login that proved nothing, or an app password only', () => {
  it.each([
    ['a name', 'nameless-login', [{ uid_field: 'alice' }]],
    ['an app password', 'mail-login', [{ uid_field: 'alice' }, { password: APP_PASSWORD }]],
  ])('by %s is asked for a password before a device is set up', async (_, flow, answers) => {
    const alice = deployment.browser();
    for (const answer of answers) await alice.solve(flow, answer);
    expect(await statusOf(alice)).toBe(200);
    expect((await alice.show('codes')).body).toMatchObject(ASKS_PASSWORD);
    expect((await alice.solve('codes', { password: APP_PASSWORD })).body).toMatchObject(ASKS_PASSWORD);
    expect((await alice.solve('codes', { password: OLD })).body).toMatchObject({
      component: 'ak-stage-authenticator-static',
    });
  });

  it('is asked in the login itself, where that sets up a device after an app password', async () => {
    const alice = deployment.browser();
    await alice.solve('mail-first-login', { uid_field: 'alice' });
    expect((await alice.solve('mail-first-login', { password: APP_PASSWORD })).body).toMatchObject(ASKS_PASSWORD);
    expect((await alice.solve('mail-first-login', { password: OLD })).body).toMatchObject({
      component: 'ak-stage-authenticator-static',
    });
  });
});

describe('a recent proof', () => {
  it('is a login within CREDENTIAL_PROOF_S: devices and passwords are changed at once', async () => {
    const alice = await loggedIn('alice');
    const { body } = await alice.show('app');
    expect(body).toMatchObject({ component: 'ak-stage-authenticator-totp' });
    expect((await alice.solve('app', { code: codeOf(body) })).body).toMatchObject(DONE);
    expect(await kept()).toBe(1);
    const same = { password: OLD, password_repeat: OLD };
    expect((await (await loggedIn('bob')).solve('password', same)).body).toMatchObject(DONE);
  });

  it('is the password of the same login, and the enrolment of whoever is new', async () => {
    const alice = await loggedIn('alice', OLD, 'first-login');
    expect((await alice.solve('first-login', {})).body).toMatchObject(DONE);

    const gina = deployment.browser();
    const shown = await gina.solve('join', { username: 'gina', password: OLD });
    expect(shown.body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    expect((await gina.solve('join', {})).body).toMatchObject(DONE);
    expect((await gina.show('app')).body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    expect(await kept()).toBe(2);
  });
});
