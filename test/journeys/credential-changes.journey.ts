import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { APP_PASSWORD, CREDENTIAL_FLOWS, CREDENTIAL_SERVICES } from '../support/credential-flows.js';
import { Deployment } from '../support/deployment.js';
import { followLink } from '../support/mailed-links.js';

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

const deviceCount = async () => (await deployment.rows('SELECT FROM mfa.devices')).length;
const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

async function loggedIn(username: string, password = OLD, flow = 'login'): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve(flow, { uid_field: username });
  await browser.solve(flow, { password });
  return browser;
}

/** Sets the login time of every session to more than CREDENTIAL_PROOF_S ago. */
const expireProofs = () =>
  deployment.rows(`UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - interval '3601 s')`);

async function withOldLogin(username: string): Promise<Browser> {
  const browser = await loggedIn(username);
  await expireProofs();
  return browser;
}

const codeOf = (body: BrowserResponse['body']) => {
  const secret = new URL(body['config_url'] as string).searchParams.get('secret')!;
  return generateSync({ secret, base32: new ScureBase32Plugin() });
};

describe('a session whose login is older than CREDENTIAL_PROOF_S', () => {
  it('requires the password before it sets up a device (accident 55)', async () => {
    const alice = await withOldLogin('alice');
    expect((await alice.show('codes')).body).toMatchObject(ASKS_PASSWORD);
    for (const answer of [{}, { component: 'ak-stage-authenticator-static' }, { password: 'wrong' }])
      expect((await alice.solve('codes', answer)).body).toMatchObject(ASKS_PASSWORD);
    expect(await deviceCount()).toBe(0);

    expect((await alice.solve('codes', { password: OLD })).body).toMatchObject({
      component: 'ak-stage-authenticator-static',
    });
    expect((await alice.solve('codes', {})).body).toMatchObject(DONE);
    expect(await deviceCount()).toBe(1);
  });

  it('requires the password if the proof of the login expires while the setup of a device is shown', async () => {
    const alice = await loggedIn('alice');
    expect((await alice.show('codes')).body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    await expireProofs();
    expect((await alice.solve('codes', {})).body).toMatchObject(ASKS_PASSWORD);
    expect(await deviceCount()).toBe(0);
  });

  it('requires a device proof instead of the password from a user with devices', async () => {
    const alice = await loggedIn('alice');
    const { body } = await alice.show('codes');
    const [code] = body['codes'] as string[];
    await alice.solve('codes', {});
    await expireProofs();

    const FACTOR = { component: 'ak-stage-authenticator-validate' };
    expect((await alice.solve('password', CHANGED)).body).toMatchObject(FACTOR);
    expect((await alice.show('codes')).body).toMatchObject(FACTOR);
    expect((await alice.solve('codes', { code })).body).toMatchObject({ component: 'ak-stage-authenticator-static' });
  });

  it('requires the password before a change of password or mail address, and before the user is deleted (accident 55)', async () => {
    const erin = await withOldLogin('erin');
    expect((await erin.solve('settings', { name: 'Erin', email: 'erin@example.org' })).body).toMatchObject(DONE);
    expect((await erin.solve('settings', { name: 'Erin', email: 'other@example.org' })).body).toMatchObject(
      ASKS_PASSWORD,
    );
    expect((await erin.show('leave')).body).toMatchObject(ASKS_PASSWORD);
    expect((await erin.solve('password', CHANGED)).body).toMatchObject(ASKS_PASSWORD);
    expect(await statusOf(await loggedIn('erin'))).toBe(200);

    await expireProofs();
    expect((await erin.solve('password', { password: OLD })).body).toMatchObject(DONE);
    expect([await statusOf(await loggedIn('erin')), await statusOf(await loggedIn('erin', NEW))]).toEqual([403, 200]);
  });

  it('must log in again if the user has no credential to prove', async () => {
    const frank = await withOldLogin('frank');
    await deployment.rows(`UPDATE directory.users SET password_hash = '' WHERE username = 'frank'`);
    expect((await frank.show('codes')).body).toMatchObject({
      component: 'ak-stage-access-denied',
      error_message: 'You have no password to confirm this with. Log out, log in again, and come back.',
    });
    expect(await deviceCount()).toBe(0);
  });

  it('requires no password after a mailed link', async () => {
    const alice = await withOldLogin('alice');
    const link = new URL(await deployment.user(['recovery-link', 'alice', '--flow', 'recovery']));
    expect((await followLink(alice, 'recovery', link.search.slice(1))).body).toMatchObject({
      component: 'ak-stage-prompt',
    });
    const unchanged = { password: OLD, password_repeat: OLD };
    expect((await alice.solve('recovery', unchanged)).body).toMatchObject(DONE);
  });
});

describe('a login without proof of a password', () => {
  it.each([
    ['username only', 'nameless-login', [{ uid_field: 'alice' }]],
    ['an app password', 'mail-login', [{ uid_field: 'alice' }, { password: APP_PASSWORD }]],
  ])('by %s must prove the password before it sets up a device (accident 55)', async (_, flow, answers) => {
    const alice = deployment.browser();
    for (const answer of answers) await alice.solve(flow, answer);
    expect(await statusOf(alice)).toBe(200);
    expect((await alice.show('codes')).body).toMatchObject(ASKS_PASSWORD);
    expect((await alice.solve('codes', { password: APP_PASSWORD })).body).toMatchObject(ASKS_PASSWORD);
    expect((await alice.solve('codes', { password: OLD })).body).toMatchObject({
      component: 'ak-stage-authenticator-static',
    });
  });

  it('by app password must prove the password before the same flow sets up a device', async () => {
    const alice = deployment.browser();
    await alice.solve('mail-first-login', { uid_field: 'alice' });
    expect((await alice.solve('mail-first-login', { password: APP_PASSWORD })).body).toMatchObject(ASKS_PASSWORD);
    expect((await alice.solve('mail-first-login', { password: OLD })).body).toMatchObject({
      component: 'ak-stage-authenticator-static',
    });
  });
});

describe('a recent proof', () => {
  it('is a login within CREDENTIAL_PROOF_S: devices and passwords can be changed without another proof', async () => {
    const alice = await loggedIn('alice');
    const { body } = await alice.show('app');
    expect(body).toMatchObject({ component: 'ak-stage-authenticator-totp' });
    expect((await alice.solve('app', { code: codeOf(body) })).body).toMatchObject(DONE);
    expect(await deviceCount()).toBe(1);
    const unchanged = { password: OLD, password_repeat: OLD };
    expect((await (await loggedIn('bob')).solve('password', unchanged)).body).toMatchObject(DONE);
  });

  it('is a password proved in the same plan, or the enrolment of the user in that plan', async () => {
    const alice = await loggedIn('alice', OLD, 'first-login');
    expect((await alice.solve('first-login', {})).body).toMatchObject(DONE);

    const gina = deployment.browser();
    const prompt = await gina.solve('join', { username: 'gina', password: OLD });
    expect(prompt.body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    expect((await gina.solve('join', {})).body).toMatchObject(DONE);
    expect((await gina.show('app')).body).toMatchObject({ component: 'ak-stage-authenticator-totp' });
    expect(await deviceCount()).toBe(2);
  });
});
