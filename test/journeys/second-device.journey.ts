import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { CREDENTIAL_FLOWS, CREDENTIAL_SERVICES, tokenOf } from '../support/credential-flows.js';
import { Deployment } from '../support/deployment.js';

const PASSWORD = 'correct-horse-7';
const ASKS_PASSWORD = { component: 'ak-stage-password' };
const ASKS_DEVICE = { component: 'ak-stage-authenticator-validate' };
const APP = { component: 'ak-stage-authenticator-totp' };
const CODES = { component: 'ak-stage-authenticator-static' };
const KEYS = { component: 'ak-stage-authenticator-webauthn' };
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

async function loggedIn(browser = deployment.browser(), flow = 'login'): Promise<Browser> {
  await browser.solve(flow, { uid_field: 'alice' });
  await browser.solve(flow, { password: PASSWORD });
  return browser;
}

/** Moves every proof of every session, such as its login, to an earlier time. */
const age = (seconds: number) =>
  deployment.rows(`UPDATE flow.sessions SET data = data || (
    SELECT coalesce(jsonb_object_agg(key, (value #>> '{}')::timestamptz - interval '${seconds} s'), '{}')
    FROM jsonb_each(data) WHERE key IN ('login_at', 'proved_at', 'devices_at'))`);

const codeOf = (body: BrowserResponse['body']) =>
  generateSync({
    secret: new URL(body['config_url'] as string).searchParams.get('secret')!,
    base32: new ScureBase32Plugin(),
  });

/** Sets up an app, and expects that nothing else is required. */
async function setUpApp(browser: Browser) {
  const { body } = await browser.show('app');
  expect(body).toMatchObject(APP);
  expect((await browser.solve('app', { code: codeOf(body) })).body).toMatchObject(DONE);
}

/** Sets up recovery codes, expects that nothing else is required, and returns the codes. */
async function setUpCodes(browser: Browser): Promise<string[]> {
  const { body } = await browser.show('codes');
  expect(body).toMatchObject(CODES);
  expect((await browser.solve('codes', {})).body).toMatchObject(DONE);
  return body['codes'] as string[];
}

describe('a second device', () => {
  it('is set up right after the first without another proof, and so is a third', async () => {
    const alice = await loggedIn();
    await setUpApp(alice);
    await setUpCodes(alice);
    expect((await alice.show('keys')).body).toMatchObject(KEYS);
  });

  it('needs one password, and no other proof, in a session whose login is older than CREDENTIAL_PROOF_S', async () => {
    const alice = await loggedIn();
    await age(3601);
    expect((await alice.show('app')).body).toMatchObject(ASKS_PASSWORD);
    const { body } = await alice.solve('app', { password: PASSWORD });
    expect((await alice.solve('app', { code: codeOf(body) })).body).toMatchObject(DONE);
    await setUpCodes(alice);
    expect((await alice.solve('password', { password: PASSWORD, password_repeat: PASSWORD })).body).toMatchObject(DONE);
  });

  it('needs one proof of an existing device, which counts for the next set-up too', async () => {
    const [code] = await setUpCodes(await loggedIn());
    const alice = await loggedIn();
    expect((await alice.show('app')).body).toMatchObject(ASKS_DEVICE);
    const { body } = await alice.solve('app', { code });
    expect((await alice.solve('app', { code: codeOf(body) })).body).toMatchObject(DONE);
    expect((await alice.show('keys')).body).toMatchObject(KEYS);
  });

  it('needs no further proof if the login flow has set up the first device', async () => {
    const alice = await loggedIn(deployment.browser(), 'first-login');
    expect((await alice.solve('first-login', {})).body).toMatchObject(DONE);
    await setUpApp(alice);
  });
});

describe('the set-up of a device counts as a proof of that device', () => {
  it('for AUTHENTICATOR_PROOF_S only (accident 25)', async () => {
    const alice = await loggedIn();
    await setUpApp(alice);
    await age(601);
    expect((await alice.show('codes')).body).toMatchObject(ASKS_DEVICE);
  });

  it('in its own session only, which gets a new key: the earlier key is invalid (accident 25)', async () => {
    const [alice, other] = [await loggedIn(), await loggedIn()];
    const thief = deployment.browser();
    const { body } = await alice.show('app');
    thief.plant(alice.cookie());
    await alice.solve('app', { code: codeOf(body) });

    expect((await other.show('codes')).body).toMatchObject(ASKS_DEVICE);
    expect((await thief.show('codes')).body).not.toMatchObject(CODES);
    expect((await thief.fetch('/api/v3/core/users/me/')).status).toBe(403);
  });

  it('only while the user has that device, not for a device that is set up after its removal (accident 25)', async () => {
    const attacker = await loggedIn();
    await setUpApp(attacker);
    await deployment.user(['remove-devices', 'alice']);
    await setUpCodes(await loggedIn());
    expect((await attacker.show('keys')).body).toMatchObject(ASKS_DEVICE);
  });

  it('but not for removing a device, which needs a login with a device (accident 25)', async () => {
    const alice = await loggedIn();
    await setUpApp(alice);
    const [{ pk }] = (await deployment.rows('SELECT pk FROM mfa.devices')) as [{ pk: number }];
    const removal = await alice.fetch(`/api/v3/authenticators/totp/${pk}/`, { method: 'DELETE' });
    expect(removal).toMatchObject({ status: 403, body: { code: 'proof_required' } });
  });

  it('but not after a later login in the same browser, nor for an API token (accident 25)', async () => {
    const alice = await loggedIn();
    await setUpApp(alice);
    const headers = { authorization: `Bearer ${tokenOf('alice')}` };
    const byToken = await alice.fetch('/api/v3/flows/executor/keys/?query=', { headers });
    expect(byToken).toMatchObject({ status: 403, body: { code: 'proof_required' } });
    await loggedIn(alice);
    expect((await alice.show('codes')).body).toMatchObject(ASKS_DEVICE);
  });

  it('but not if the session was anonymous, without any proof of the user (accident 25)', async () => {
    const browser = deployment.browser();
    await browser.solve('nameless-codes', { uid_field: 'alice' });
    expect((await browser.solve('nameless-codes', {})).body).toMatchObject(DONE);
    await loggedIn(browser);
    expect((await browser.show('app')).body).toMatchObject(ASKS_DEVICE);
  });
});

it('a password for another step does not replace the device proof that a change of credentials requires (accident 55)', async () => {
  const alice = await loggedIn();
  await setUpApp(alice);
  await age(3601);
  expect((await alice.solve('sure-codes', { password: PASSWORD })).body).toMatchObject(ASKS_DEVICE);
  expect((await alice.solve('password', { password: PASSWORD, password_repeat: PASSWORD })).body).toMatchObject(
    ASKS_DEVICE,
  );
});
