import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { type StoredCredential, VirtualAuthenticator } from '../support/virtual-authenticator.js';

const validate = (attrs: Record<string, unknown> = {}) => ({
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['webauthn'], ...attrs },
});
const registration = (attrs: Record<string, unknown> = {}) => ({
  stage: 'authenticator_webauthn.authenticatorwebauthnstage',
  attrs,
});

const MEMBERS = { designation: 'stage_configuration', authentication: 'require_authenticated' };

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    host: 'localhost',
    services: [...SERVICES, 'mfa', 'enrollment'],
    blueprints: [
      blueprint(
        ['alice', 'bob', 'frank'].map((username) => userEntry(username)),
        flowEntries('passkey', [validate({ not_configured_action: 'deny' }), LOGIN]),
        flowEntries('login', [IDENTIFICATION, PASSWORD, validate(), LOGIN]),
        flowEntries('suggesting', [
          { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, passwordless_flow: keyOf('passkey') } },
          PASSWORD,
          LOGIN,
        ]),
        flowEntries('keys', [registration({ resident_key_requirement: 'required' })], MEMBERS),
        fieldEntry('details', ['name', 'text']),
        flowEntries('details', [asking('details', ['name']), writing('never_create')], MEMBERS),
      ),
    ],
  });
});
afterAll(() => deployment?.close());

describeInChromium('passkeys in Chromium', () => {
  const chromium = useChromium();
  const urlOf = (path: string) => deployment.url + path;

  /** Opens a page with a virtual authenticator that stores `credentials`. */
  async function openPage(credentials: readonly StoredCredential[] = []) {
    const { page, complaints } = await chromium.open();
    const authenticator = await VirtualAuthenticator.of(page);
    for (const credential of credentials) await authenticator.add(credential);
    return { page, authenticator, complaints };
  }

  async function logIn(page: Page, username: string) {
    await page.goto(urlOf('/if/flow/login/?next=/if/user/'));
    await page.fill('input[name=uid_field]', username);
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
  }
  const waitForAccountPage = (page: Page, username: string) =>
    page.getByText(`You are signed in as ${username}.`).waitFor();

  /** Logs a user in by password and registers a passkey. */
  async function register(username: string) {
    const visitor = await openPage();
    await logIn(visitor.page, username);
    await waitForAccountPage(visitor.page, username);
    await visitor.page.goto(urlOf('/if/flow/keys/?next=/if/user/'));
    await waitForAccountPage(visitor.page, username);
    return { ...visitor, credentials: await visitor.authenticator.credentials() };
  }

  let registered: ReturnType<typeof register> | undefined;
  let uses = 0;
  /** Returns the passkey of bob, which is registered once for all tests, as if it had been used since the last call. */
  async function passkeyOfBob() {
    registered ??= register('bob');
    const { credentials } = await registered;
    uses += 100;
    return credentials.map((credential) => ({ ...credential, signCount: credential.signCount + uses }));
  }

  it('are registered by the flow page, once for each device', async () => {
    const { page, credentials, complaints } = await register('alice');
    expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);
    expect(Buffer.from(credentials[0]!.userHandle!, 'base64')).toHaveLength(48);
    await page.goto(urlOf('/if/flow/keys/?next=/if/user/'));
    await page.getByText('Your device was not registered. Please try again.').waitFor();
    expect(await deployment.rows('SELECT 1 FROM mfa.devices')).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it('are requested after the password, and complete the login of their owner', async () => {
    const credentials = await passkeyOfBob();
    const { page, complaints } = await openPage(credentials);
    await logIn(page, 'bob');
    await waitForAccountPage(page, 'bob');
    expect(complaints).toEqual([]);
    const [{ counter }] = (await deployment.rows<{ counter: string }>(
      'SELECT counter FROM mfa.devices ORDER BY counter DESC LIMIT 1',
    )) as [{ counter: string }];
    expect(Number(counter)).toBeGreaterThan(credentials[0]!.signCount);
  });

  it('log their owner in without a password, by a link and by autofill', async () => {
    const { page, complaints } = await openPage(await passkeyOfBob());
    await page.goto(urlOf('/if/flow/passkey/?next=/if/user/'));
    await waitForAccountPage(page, 'bob');
    const suggesting = await openPage(await passkeyOfBob());
    await suggesting.page.goto(urlOf('/if/flow/suggesting/?next=/if/user/'));
    await waitForAccountPage(suggesting.page, 'bob');
    expect([...complaints, ...suggesting.complaints]).toEqual([]);
  });

  it('that are not registered do not log in', async () => {
    const credentials = await passkeyOfBob();
    const secondFactor = await openPage([unregistered(credentials[0]!)]);
    await logIn(secondFactor.page, 'bob');
    await secondFactor.page.getByText('That did not work. Please try again.').waitFor();
    expect(new URL(secondFactor.page.url()).pathname).toBe('/if/flow/login/');
    expect(await secondFactor.authenticator.credentials()).toHaveLength(1);
    const passwordless = await openPage([unregistered(credentials[0]!)]);
    await passwordless.page.goto(urlOf('/if/flow/passkey/?next=/if/user/'));
    await passwordless.page.getByText('This device is not set up for your account. Please use another one.').waitFor();
    // The page has told the browser that the site does not know this passkey.
    await expect.poll(() => passwordless.authenticator.credentials()).toEqual([]);
    const suggesting = await openPage([unregistered(credentials[0]!)]);
    await suggesting.page.goto(urlOf('/if/flow/suggesting/'));
    await expect.poll(() => suggesting.authenticator.credentials()).toEqual([]);
    for (const credential of credentials) await passwordless.authenticator.add(credential);
    await passwordless.page.getByRole('button', { name: 'Try again' }).click();
    await waitForAccountPage(passwordless.page, 'bob');
  });

  it('that the user removes are deleted from the browser, which also gets the current names of the user', async () => {
    const { page, authenticator, credentials, complaints } = await register('frank');
    const [kept] = credentials;
    const stored = async () => new Map((await authenticator.credentials()).map((one) => [one.credentialId, one]));
    await page.goto(urlOf('/if/flow/details/?next=/if/user/'));
    await page.fill('input[name=name]', 'Frank Example');
    await page.keyboard.press('Enter');
    await waitForAccountPage(page, 'frank');
    const names = { userName: 'frank', userDisplayName: 'Frank Example' };
    const namesOf = async (id: string) => (await stored()).get(id);
    await expect.poll(() => namesOf(kept!.credentialId)).toMatchObject(names);

    await page.context().clearCookies();
    await page.goto(urlOf('/if/flow/passkey/?next=/if/user/'));
    await waitForAccountPage(page, 'frank');
    const other = { ...unregistered(kept!), userHandle: randomBytes(48).toString('base64') };
    await authenticator.add(other);
    await page.getByText('on one device only').waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('You have set up no device yet.').waitFor();
    await expect.poll(async () => [...(await stored()).keys()]).toEqual([other.credentialId]);
    expect(complaints).toEqual([]);
  });

  it('that were cloned are refused because of their signature counter', async () => {
    const credentials = await passkeyOfBob();
    const original = await openPage(credentials);
    await logIn(original.page, 'bob');
    await waitForAccountPage(original.page, 'bob');
    const copy = await openPage(credentials);
    await logIn(copy.page, 'bob');
    await copy.page.getByText('This device could not confirm that it is you. Please try again.').waitFor();
    expect(new URL(copy.page.url()).pathname).toBe('/if/flow/login/');
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
