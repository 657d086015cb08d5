import { generateSync, ScureBase32Plugin } from 'otplib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';

const VALIDATE = { stage: 'authenticator_validate.authenticatorvalidatestage' };
const APP = { stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6 } };
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const MEMBERS = { designation: 'stage_configuration', authentication: 'require_authenticated' };

const STEP_S = 30;

describeInChromium('second factors on the page', () => {
  let deployment: Deployment;
  const chromium = useChromium();

  beforeAll(async () => {
    deployment = await Deployment.open({
      services: ['identification', 'password', 'mfa', 'session'],
      blueprints: [
        blueprint(
          userEntry('alice'),
          flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
          flowEntries('factor-first', [IDENTIFICATION, VALIDATE, PASSWORD, LOGIN]),
          flowEntries('app', [APP], MEMBERS),
          flowEntries('codes', [CODES], MEMBERS),
        ),
      ],
    });
  });
  afterAll(() => deployment?.close());

  const goTo = (page: Page, flow: string) => page.goto(`${deployment.url}/if/flow/${flow}/`);
  const answer = async (page: Page, label: string, text: string) => {
    await page.getByLabel(label, { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  };
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

  async function withPassword(): Promise<Page> {
    const { page } = await chromium.open();
    await goTo(page, 'login');
    await answer(page, 'Username or email', 'alice');
    await answer(page, 'Password', 'correct-horse-7');
    return page;
  }

  it('are set up one after the other, and the last used one is named and offered first, but only after the password', async () => {
    const page = await withPassword();
    await page.waitForURL(`${deployment.url}/if/user/`);
    await goTo(page, 'app');
    await page.getByText('Cannot scan it?').click();
    const secret = (await page.locator('.key').textContent())!.replaceAll(' ', '');
    const codeOf = (step: number) =>
      generateSync({ secret, epoch: Date.now() / 1000 + step * STEP_S, base32: new ScureBase32Plugin() });
    await answer(page, 'Code', codeOf(0));
    await page.waitForURL(`${deployment.url}/if/user/`);
    await goTo(page, 'codes');
    // Right after the first device, the second is set up without another proof.
    await heading(page, 'Save your recovery codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.waitForURL(`${deployment.url}/if/user/`);
    await deployment.rows(`UPDATE mfa.devices SET name = 'Blue phone' WHERE kind = 'totp'`);

    const second = await withPassword();
    await heading(second, 'Confirm that it is you');
    expect(await second.locator('.device strong').allTextContents()).toEqual(['Authenticator app', 'Recovery code']);
    await second.getByRole('button', { name: 'Authenticator app' }).click();
    await answer(second, 'Code', codeOf(1));
    await second.waitForURL(`${deployment.url}/if/user/`);

    const third = await withPassword();
    await heading(third, 'Confirm with your app');
    await third.getByRole('button', { name: 'Choose another way' }).click();
    expect(await third.locator('.device').first().textContent()).toBe('Authenticator appBlue phone · last used now');

    const { page: anonymous } = await chromium.open();
    await goTo(anonymous, 'factor-first');
    await answer(anonymous, 'Username or email', 'alice');
    await heading(anonymous, 'Confirm that it is you');
    expect(await anonymous.locator('main').textContent()).not.toMatch(/Blue phone|last used/);
  });
});
