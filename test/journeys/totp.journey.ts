import { generateSync, ScureBase32Plugin } from 'otplib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';

const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'skip' },
};
const APP = {
  stage: 'authenticator_totp.authenticatortotpstage',
  attrs: { digits: 6, configure_flow: keyOf('app'), friendly_name: 'An app' },
};

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    services: [...SERVICES, 'mfa'],
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('carol')],
        flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
        flowEntries('app', [APP], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
      ),
    ],
  });
});
afterAll(() => deployment?.close());

describeInChromium('an authenticator app in Chromium', () => {
  const chromium = useChromium();

  /** Opens a browser and enters username and password. */
  async function openLogin(username: string) {
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}/if/flow/login/?next=/if/user/`);
    await enterPassword(page, username);
    return { page, complaints };
  }
  async function enterPassword(page: Page, username: string) {
    await page.fill('input[name=uid_field]', username);
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
  }
  const waitForAccountPage = (page: Page, username: string) =>
    page.getByText(`You are signed in as ${username}.`).waitFor();
  async function enterCode(page: Page, code: string) {
    await page.fill('input[name=code]', code);
    await page.keyboard.press('Enter');
  }

  /** Sets up an app from the account page. Returns its secret and the time step of the code for the setup. */
  async function setUpApp(username: string) {
    const { page, complaints } = await openLogin(username);
    await waitForAccountPage(page, username);
    await page.getByRole('link', { name: 'Set up: An app' }).click();
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    await page.getByText('Cannot scan it?').click();
    const address = new URL((await page.getByRole('link', { name: 'Open in app' }).getAttribute('href')) ?? '');
    const key = (await page.locator('code.key').innerText()).replaceAll(' ', '');
    expect(address.searchParams.get('secret')).toBe(key);
    const secret = new ScureBase32Plugin().decode(key);
    const step = Math.floor(Date.now() / 30_000);
    await enterCode(page, codeAt(secret, step));
    await waitForAccountPage(page, username);
    expect(complaints).toEqual([]);
    return { page, secret, step };
  }

  it('is set up by QR code or secret, logs its owner in, and does not accept the code of a login again (accident 60)', async () => {
    const { secret, step } = await setUpApp('alice');
    const { page, complaints } = await openLogin('alice');
    const usedCode = codeAt(secret, step);
    await enterCode(page, usedCode);
    await page.getByText('This code did not match.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/if/flow/login/');
    await deployment.rows('DELETE FROM flow.attempts');
    const code = codeAt(secret, step + 1);
    await enterCode(page, code);
    await waitForAccountPage(page, 'alice');
    expect(complaints).toEqual([]);
    const replay = await openLogin('alice');
    await enterCode(replay.page, code);
    await replay.page.getByText('This code did not match.').waitFor();
    expect(new URL(replay.page.url()).pathname).toBe('/if/flow/login/');
  });

  it('can be renamed on the account page, and removed after a recent login; then a login needs no code', async () => {
    const { page, secret, step } = await setUpApp('carol');
    await page.getByLabel(/^Name of/).fill('My phone');
    await page.getByRole('button', { name: /^Rename/ }).click();
    const remove = page.getByRole('button', { name: 'Remove My phone' });
    await remove.click();
    await page.getByText('Before a device is removed, sign in again').waitFor();
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await enterPassword(page, 'carol');
    await enterCode(page, codeAt(secret, step + 1));
    await waitForAccountPage(page, 'carol');
    await remove.click();
    await page.getByText('You have set up no device yet.').waitFor();
    expect(await deployment.rows("SELECT FROM mfa.devices WHERE name = 'My phone'")).toEqual([]);
    await waitForAccountPage((await openLogin('carol')).page, 'carol');
  });
});

const codeAt = (secret: Uint8Array, step: number) => generateSync({ secret, epoch: step * 30 });
