import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { recordedEvents } from '../support/recorded-events.js';
import { VirtualAuthenticator } from '../support/virtual-authenticator.js';

const SILENT = { stage: 'authenticator_webauthn.authenticatorwebauthnstage', attrs: { conditional: true } };
const VALIDATE = { stage: 'authenticator_validate.authenticatorvalidatestage' };

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    host: 'localhost',
    services: ['identification', 'password', 'mfa', 'session'],
    blueprints: [
      blueprint(
        ['alice', 'bob', 'carol'].map((username) => userEntry(username)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, SILENT, LOGIN]),
      ),
    ],
  });
});
afterAll(() => deployment?.close());

/** A call of `navigator.credentials.create` on a page. */
interface CreateCall {
  readonly mediation: string;
  readonly excluded: number;
}

/**
 * Lets the page create passkeys like a browser that has filled in a saved password. Chromium's virtual authenticator
 * cannot create passkeys silently: the promise never settles. So the real API is called without `mediation`.
 */
const createInsteadOfWaiting = () => {
  const create = navigator.credentials.create.bind(navigator.credentials);
  const { report } = globalThis as unknown as { report: (call: object) => Promise<void> };
  navigator.credentials.create = async ({
    mediation,
    ...options
  }: CredentialCreationOptions & { readonly mediation?: string } = {}) => {
    await report({ mediation, excluded: options.publicKey?.excludeCredentials?.length });
    return create(options);
  };
};
const withoutCapabilities = () => {
  Object.assign(PublicKeyCredential, { getClientCapabilities: undefined });
};

describeInChromium('a passkey that the browser creates without asking after a login by password', () => {
  const chromium = useChromium();

  async function openPage(script: () => void = () => undefined) {
    const { page, complaints } = await chromium.open();
    const calls: CreateCall[] = [];
    await page.exposeFunction('report', (call: CreateCall) => calls.push(call));
    await page.addInitScript(script);
    return { page, complaints, calls, authenticator: await VirtualAuthenticator.of(page) };
  }
  async function logIn(page: Page, username: string) {
    await page.goto(`${deployment.url}/if/flow/login/?next=/if/user/`);
    await page.fill('input[name=uid_field]', username);
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
  }
  const waitForAccountPage = (page: Page, username: string) =>
    page.getByText(`You are signed in as ${username}.`).waitFor({ timeout: 30_000 });
  const devicesOf = (username: string) =>
    deployment.rows<{ name: string; facts: object }>(
      `SELECT d.name, d.facts FROM mfa.devices d JOIN directory.users u ON u.id = d.user_id WHERE u.username = '${username}'`,
    );

  it('needs no click, and is not created again', async () => {
    const { page, complaints, authenticator, calls } = await openPage(createInsteadOfWaiting);
    await logIn(page, 'alice');
    await waitForAccountPage(page, 'alice');
    expect(calls).toEqual([{ mediation: 'conditional', excluded: 0 }]);
    expect(await authenticator.credentials()).toMatchObject([{ rpId: 'localhost' }]);
    expect(await devicesOf('alice')).toMatchObject([{ facts: { rp_id: 'localhost' } }]);
    expect(await recordedEvents(deployment, 'model_created')).toMatchObject([
      { data: { user: { username: 'alice' }, context: { mediation: 'conditional' } } },
    ]);

    await page.context().clearCookies();
    await logIn(page, 'alice');
    await waitForAccountPage(page, 'alice');
    expect(calls[1]).toEqual({ mediation: 'conditional', excluded: 1 });
    expect(await devicesOf('alice')).toHaveLength(1);
    expect(await authenticator.credentials()).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it('is skipped when the browser does not answer, and the login continues', async () => {
    const { page, complaints } = await openPage();
    await logIn(page, 'bob');
    await page.getByText('Your browser may save a passkey now').waitFor();
    await waitForAccountPage(page, 'bob');
    expect([await devicesOf('bob'), complaints]).toEqual([[], []]);
  });

  it.each([
    ['cannot create passkeys without asking', withoutCapabilities, {}],
    ['runs no JavaScript', () => undefined, { javaScriptEnabled: false }],
  ])('is skipped in a browser that %s', async (...[, script, options]) => {
    const { page, complaints } = await chromium.open(options);
    await page.addInitScript(script);
    await logIn(page, 'carol');
    if ('javaScriptEnabled' in options) await page.getByRole('button', { name: 'Continue' }).click();
    await waitForAccountPage(page, 'carol');
    expect([await devicesOf('carol'), complaints]).toEqual([[], []]);
  });
});
