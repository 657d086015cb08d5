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

let house: Deployment;
beforeAll(async () => {
  house = await Deployment.open({
    services: [...SERVICES, 'mfa'],
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('bob'), userEntry('carol')],
        flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
        flowEntries('app', [APP], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
      ),
    ],
  });
});
afterAll(() => house?.close());

describeInChromium('an authenticator app, in a browser', () => {
  const chromium = useChromium();

  /** Somebody in a browser of their own, who has said name and password. */
  async function typedIn(username: string) {
    const { page, complaints } = await chromium.open();
    await page.goto(`${house.url}/if/flow/login/?next=/if/user/`);
    await type(page, username);
    return { page, complaints };
  }
  async function type(page: Page, username: string) {
    await page.fill('input[name=uid_field]', username);
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
  }
  const isAtHome = (page: Page, username: string) =>
    page.getByText(`You are signed in as ${username}.`).waitFor({ timeout: 10_000 });
  async function enter(page: Page, code: string) {
    await page.fill('input[name=code]', code);
    await page.keyboard.press('Enter');
  }

  /** Somebody who has set an app up from their own page; its key, and the step of the code that they proved it by. */
  async function enrolled(username: string) {
    const { page, complaints } = await typedIn(username);
    await isAtHome(page, username);
    await page.getByRole('link', { name: 'Set up: An app' }).click();
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    await page.getByText('Cannot scan it?').click();
    const address = new URL((await page.getByRole('link', { name: 'Open in app' }).getAttribute('href')) ?? '');
    const shown = (await page.locator('code.key').innerText()).replaceAll(' ', '');
    expect(address.searchParams.get('secret')).toBe(shown);
    const secret = new ScureBase32Plugin().decode(shown);
    const step = Math.floor(Date.now() / 30_000);
    await enter(page, codeAt(secret, step));
    await isAtHome(page, username);
    expect(complaints).toEqual([]);
    return { page, secret, step };
  }

  it('is set up by its picture or its key, and lets its owner in by a code that was not used before', async () => {
    const { secret, step } = await enrolled('alice');
    const { page, complaints } = await typedIn('alice');
    const used = codeAt(secret, step);
    await enter(page, used);
    await page.getByText('Invalid Token. Please ensure the time on your device is accurate and try again.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/if/flow/login/');
    await house.rows('DELETE FROM flow.attempts');
    await enter(page, codeAt(secret, step + 1));
    await isAtHome(page, 'alice');
    expect(complaints).toEqual([]);
  });

  it('lets nobody in a second time by the code of a login (accident 60)', async () => {
    const { secret, step } = await enrolled('bob');
    const code = codeAt(secret, step + 1);
    const first = await typedIn('bob');
    await enter(first.page, code);
    await isAtHome(first.page, 'bob');
    const replay = await typedIn('bob');
    await enter(replay.page, code);
    await replay.page.getByText('Invalid Token.').waitFor();
    expect(new URL(replay.page.url()).pathname).toBe('/if/flow/login/');
  });

  it('is renamed on its owner’s page, and removed there after a login with it, which asks for none afterwards', async () => {
    const { page, secret, step } = await enrolled('carol');
    await page.getByLabel(/^Name of/).fill('My phone');
    await page.getByRole('button', { name: /^Rename/ }).click();
    const remove = page.getByRole('button', { name: 'Remove My phone' });
    await remove.click();
    await page.getByText('Before a device is removed, sign in again').waitFor();
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await type(page, 'carol');
    await enter(page, codeAt(secret, step + 1));
    await isAtHome(page, 'carol');
    await remove.click();
    await page.getByText('You have set up no device yet.').waitFor();
    expect(await house.rows("SELECT FROM mfa.devices WHERE name = 'My phone'")).toEqual([]);
    await isAtHome((await typedIn('carol')).page, 'carol');
  });
});

const codeAt = (secret: Uint8Array, step: number) => generateSync({ secret, epoch: step * 30 });
