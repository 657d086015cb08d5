import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { type StoredCredential, VirtualAuthenticator } from '../support/virtual-authenticator.js';

const validate = (attrs: Record<string, unknown> = {}) => ({
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['webauthn'], ...attrs },
});
const keysOf = (attrs: Record<string, unknown> = {}) => ({
  stage: 'authenticator_webauthn.authenticatorwebauthnstage',
  attrs,
});

let house: Deployment;
beforeAll(async () => {
  house = await Deployment.open({
    host: 'localhost',
    services: [...SERVICES, 'mfa'],
    blueprints: [
      blueprint(
        ['alice', 'bob', 'carol', 'dave', 'erin'].map((username) => userEntry(username)),
        flowEntries('passkey', [validate({ not_configured_action: 'deny' }), LOGIN]),
        flowEntries('login', [IDENTIFICATION, PASSWORD, validate(), LOGIN]),
        flowEntries('suggesting', [
          { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, passwordless_flow: keyOf('passkey') } },
          PASSWORD,
          LOGIN,
        ]),
        flowEntries('keys', [keysOf({ resident_key_requirement: 'required' })], {
          ...{ designation: 'stage_configuration', authentication: 'require_authenticated' },
        }),
      ),
    ],
  });
});
afterAll(() => house?.close());

describeInChromium('passkeys, in a browser', () => {
  const chromium = useChromium();
  const at = (path: string) => house.url + path;

  /** A page with an authenticator that keeps these credentials. */
  async function visitor(credentials: readonly StoredCredential[] = []) {
    const { page, complaints } = await chromium.open();
    const authenticator = await VirtualAuthenticator.of(page);
    for (const credential of credentials) await authenticator.add(credential);
    return { page, authenticator, complaints };
  }

  async function typeIn(page: Page, username: string) {
    await page.goto(at('/if/flow/login/?next=/if/user/'));
    await page.fill('input[name=uid_field]', username);
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
  }
  const isAtHome = (page: Page, username: string) =>
    page.getByText(`You are signed in as ${username}.`).waitFor({ timeout: 10_000 });

  /** Somebody who has logged in by password, and then set a passkey up. */
  async function enrolled(username: string) {
    const here = await visitor();
    await typeIn(here.page, username);
    await isAtHome(here.page, username);
    await here.page.goto(at('/if/flow/keys/?next=/if/user/'));
    await isAtHome(here.page, username);
    return { ...here, credentials: await here.authenticator.credentials() };
  }

  it('are set up by a page of ours, once on each device', async () => {
    const { page, credentials, complaints } = await enrolled('alice');
    expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);
    expect(Buffer.from(credentials[0]!.userHandle!, 'base64')).toHaveLength(48);
    await page.goto(at('/if/flow/keys/?next=/if/user/'));
    await page.getByText('Your device was not registered. Please try again.').waitFor();
    expect(await house.rows('SELECT 1 FROM mfa.devices')).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it('are asked for after the password, and let their owner in', async () => {
    const { credentials } = await enrolled('bob');
    const { page, complaints } = await visitor(credentials);
    await typeIn(page, 'bob');
    await isAtHome(page, 'bob');
    expect(complaints).toEqual([]);
    const [{ counter }] = (await house.rows<{ counter: string }>(
      'SELECT counter FROM mfa.devices ORDER BY pk DESC LIMIT 1',
    )) as [{ counter: string }];
    expect(Number(counter)).toBeGreaterThan(credentials[0]!.signCount);
  });

  it('log their owner in alone, by a link and among what the browser suggests', async () => {
    const { credentials } = await enrolled('carol');
    const { page, complaints } = await visitor(credentials);
    await page.goto(at('/if/flow/passkey/?next=/if/user/'));
    await isAtHome(page, 'carol');
    const other = await visitor(credentialsNow(credentials));
    await other.page.goto(at('/if/flow/suggesting/?next=/if/user/'));
    await isAtHome(other.page, 'carol');
    expect([...complaints, ...other.complaints]).toEqual([]);
  });

  it('of somebody else open nothing, nor do those that nobody registered', async () => {
    const { credentials } = await enrolled('dave');
    const wrong = await visitor([foreign(credentials[0]!)]);
    await typeIn(wrong.page, 'dave');
    await wrong.page.getByText('That did not work. Please try again.').waitFor();
    expect(new URL(wrong.page.url()).pathname).toBe('/if/flow/login/');
    const unknown = await visitor([foreign(credentials[0]!)]);
    await unknown.page.goto(at('/if/flow/passkey/?next=/if/user/'));
    await unknown.page.getByText('Invalid device').waitFor();
    await unknown.authenticator.clear();
    for (const credential of credentialsNow(credentials)) await unknown.authenticator.add(credential);
    await unknown.page.getByRole('button', { name: 'Try again' }).click();
    await isAtHome(unknown.page, 'dave');
  });

  it('that have been copied are found out by their counter', async () => {
    const { credentials } = await enrolled('erin');
    const original = await visitor(credentials);
    await typeIn(original.page, 'erin');
    await isAtHome(original.page, 'erin');
    const copy = await visitor(credentials);
    await typeIn(copy.page, 'erin');
    await copy.page.getByText('Assertion failed').waitFor();
    expect(new URL(copy.page.url()).pathname).toBe('/if/flow/login/');
  });
});

/** The same credentials, on an authenticator that has counted on. */
const credentialsNow = (credentials: readonly StoredCredential[]) =>
  credentials.map((credential) => ({ ...credential, signCount: credential.signCount + 100 }));

/** A credential of the same site and person that nobody has registered. */
const foreign = (credential: StoredCredential): StoredCredential => ({
  ...credential,
  credentialId: randomBytes(32).toString('base64'),
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64'),
});
