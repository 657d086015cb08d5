import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { boundEntry, expressionEntry, NO_PASSWORD_YET } from '../support/policy-entries.js';
import { type StoredCredential, VirtualAuthenticator } from '../support/virtual-authenticator.js';

const RULES = {
  model: 'authentik_stages_authenticator_validate.authenticatorvalidatestage',
  id: 'passkey rules',
  identifiers: { name: 'passkey rules' },
  attrs: { device_classes: ['webauthn'], webauthn_hints: ['client-device'] },
};
const SECRET = {
  model: 'authentik_stages_password.passwordstage',
  id: 'secret',
  identifiers: { name: 'secret' },
  attrs: PASSWORD.attrs,
};
const WITH_PASSKEY = {
  ...IDENTIFICATION,
  attrs: { ...IDENTIFICATION.attrs, webauthn_stage: keyOf('passkey rules') },
};

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    host: 'localhost',
    services: [...SERVICES, 'mfa', 'policy'],
    blueprints: [
      blueprint(
        ['alice', 'bob', 'carol'].map((username) => userEntry(username)),
        RULES,
        SECRET,
        flowEntries('passkey-login', [WITH_PASSKEY, PASSWORD, LOGIN]),
        expressionEntry('no password yet', NO_PASSWORD_YET),
        boundEntry('passkey-login-1 bound', 'no password yet'),
        flowEntries('combined', [
          { ...WITH_PASSKEY, attrs: { ...WITH_PASSKEY.attrs, password_stage: keyOf('secret') } },
          LOGIN,
        ]),
        flowEntries(
          'keys',
          [
            {
              stage: 'authenticator_webauthn.authenticatorwebauthnstage',
              attrs: { resident_key_requirement: 'required' },
            },
          ],
          { designation: 'stage_configuration', authentication: 'require_authenticated' },
        ),
      ),
    ],
  });
  await deployment.applyFiles('blueprints/default-authentication-flow.yaml');
  await deployment.apply(DocumentedCommands.of('docs/how-to/passkeys.md').block('yaml', /^version: 1/));
});
afterAll(() => deployment?.close());

const challengeIn = (body: Readonly<Record<string, unknown>>) =>
  (body['passkey_challenge'] as { challenge: string }).challenge;

describe('a passkey in the first step', () => {
  it('is requested with the rules of the validation stage, and without allowed credentials', async () => {
    expect((await deployment.browser().show('passkey-login')).body).toMatchObject({
      component: 'ak-stage-identification',
      captcha_stage: null,
      passkey_challenge: {
        ...{ rpId: 'localhost', allowCredentials: [], userVerification: 'required', hints: ['client-device'] },
        challenge: expect.stringMatching(/^[-\w]{86}$/),
      },
    });
  });

  it('has a challenge that a wrong password in the same form does not replace, and that differs for each visitor', async () => {
    const [browser, other] = [deployment.browser(), deployment.browser()];
    const first = challengeIn((await browser.show('combined')).body);
    const { body } = await browser.solve('combined', { uid_field: 'alice', password: 'wrong' });
    expect(body['response_errors']).toMatchObject({ non_field_errors: [{ string: 'Failed to authenticate.' }] });
    expect(challengeIn(body)).toBe(first);
    expect(challengeIn((await other.show('combined')).body)).not.toBe(first);
  });

  it.each([{}, { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {} }, { id: 1 }])(
    'is refused if it is %j',
    async (passkey) => {
      const browser = deployment.browser();
      await browser.show('passkey-login');
      const { status, body } = await browser.solve('passkey-login', { passkey });
      expect(status).toBe(200);
      expect(body['response_errors']).toEqual({ non_field_errors: [{ string: 'Invalid device', code: 'invalid' }] });
    },
  );

  it('is optional: a username leads to the password step, and an answer without both is refused', async () => {
    const browser = deployment.browser();
    await browser.show('passkey-login');
    const empty = await browser.solve('passkey-login', { passkey: null });
    expect(empty.body['response_errors']).toEqual({
      non_field_errors: [{ string: 'No identification data provided.', code: 'invalid' }],
    });
    const { body } = await browser.solve('passkey-login', { uid_field: 'alice' });
    expect(body).toMatchObject({ component: 'ak-stage-password' });
  });
});

describeInChromium('a passkey in the first step, in Chromium', () => {
  const chromium = useChromium();
  const urlOf = (path: string) => deployment.url + path;

  /** Opens a page with a virtual authenticator that stores `credentials`. */
  async function openPage(credentials: readonly StoredCredential[] = []) {
    const { page, complaints } = await chromium.open();
    const authenticator = await VirtualAuthenticator.of(page);
    for (const credential of credentials) await authenticator.add(credential);
    return { page, authenticator, complaints };
  }

  async function logInByPassword(page: Page, flow: string, username: string) {
    await page.goto(urlOf(`/if/flow/${flow}/?next=/if/user/`));
    await page.fill('input[name=uid_field]', username);
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByText(`You are signed in as ${username}.`).waitFor();
  }

  /** Logs a user in by password and registers a passkey. */
  async function register(username: string) {
    const { page, authenticator } = await openPage();
    await logInByPassword(page, 'passkey-login', username);
    await page.goto(urlOf('/if/flow/keys/?next=/if/user/'));
    await page.getByText(`You are signed in as ${username}.`).waitFor();
    const [credential] = await authenticator.credentials();
    // Simulates a use of the passkey in the meantime.
    return { ...credential!, signCount: credential!.signCount + 100 };
  }

  it('logs its owner in by autofill, without a name and a password', async () => {
    const { page, complaints } = await openPage([await register('alice')]);
    await page.goto(urlOf('/if/flow/passkey-login/?next=/if/user/'));
    await page.getByText('You are signed in as alice.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('is offered again on a page that was open for minutes; the page accepts a username although its plan was deleted', async () => {
    const { page } = await chromium.open();
    await page.clock.install();
    await page.goto(urlOf('/if/flow/passkey-login/?next=/if/user/'));
    await page.fill('input[name=uid_field]', 'alice');
    await deployment.rows(`DELETE FROM flow.plans`);
    const fetched = page.waitForResponse((response) => response.url().includes('/api/v3/flows/executor/'));
    await page.clock.runFor(270_000);
    await (await fetched).finished();
    await page.keyboard.press('Enter');

    await page.locator('input[name=password]').waitFor();
    expect(await page.getByText('This page was open for too long').count()).toBe(0);
  });

  it('is set up, used instead of the password and removed as docs/how-to/passkeys.md says', async () => {
    const { page, authenticator, complaints } = await openPage();
    await logInByPassword(page, 'default-authentication-flow', 'carol');
    await page.getByRole('link', { name: 'Set up: passkeys-setup' }).click();
    await page.getByText(/^set up /).waitFor();
    await page.context().clearCookies();
    await page.goto(urlOf('/if/flow/default-authentication-flow/?next=/if/user/'));
    await page.getByText(/^last used /).waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('You have set up no device yet.').waitFor();
    await expect.poll(() => authenticator.credentials()).toEqual([]);
    await page.context().clearCookies();
    await logInByPassword(page, 'default-authentication-flow', 'carol');
    expect(complaints).toEqual([]);
  });

  it('is refused with a message and deleted from the browser if it is unknown, and another one can be used', async () => {
    const credential = await register('bob');
    const { page, authenticator } = await openPage([unregistered(credential)]);
    await page.goto(urlOf('/if/flow/passkey-login/?next=/if/user/'));
    await page.getByText('This device is not set up for your account. Please use another one.').waitFor();
    await expect.poll(() => authenticator.credentials()).toEqual([]);
    await authenticator.add(credential);
    await page.getByRole('button', { name: 'Use a passkey or security key' }).click();
    await page.getByText('You are signed in as bob.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/if/user/');
  });
});

describe('the first step under 2024.8', () => {
  let older: Deployment;
  beforeAll(async () => {
    older = await Deployment.open({
      services: ['identification'],
      blueprints: [blueprint(flowEntries('login', [IDENTIFICATION]))],
    });
  });
  afterAll(() => older?.close());

  it('has no field of 2026.8, even with login_hint', async () => {
    const { body } = await older.browser().show('login', 'login_hint=alice');
    expect(Object.keys(body).sort()).toEqual([
      ...['allow_show_password', 'component', 'flow_designation', 'flow_info', 'password_fields', 'primary_action'],
      ...['show_source_labels', 'sources', 'user_fields'],
    ]);
  });
});

/** Returns a credential for the same site and user whose id is not registered. */
const unregistered = (credential: StoredCredential): StoredCredential => ({
  ...credential,
  credentialId: randomBytes(32).toString('base64'),
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64'),
});
