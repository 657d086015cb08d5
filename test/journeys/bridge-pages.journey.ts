import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bridgeSettings, openForBridge } from '../support/bridge.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import type { Deployment } from '../support/deployment.js';
import { HydraServer } from '../support/hydra-server.js';
import { linkingSite } from '../support/navigation.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

describeInChromium('a user of an application of Ory Hydra, in a browser', () => {
  const chromium = useChromium();
  let deployment: Deployment;
  let hydra: HydraServer;
  let bridge: RunningProcess;
  let application: Awaited<ReturnType<typeof linkingSite>>;
  beforeAll(async () => {
    const publicUrl = `http://127.0.0.1:${await freePort()}`;
    deployment = await openForBridge(publicUrl);
    hydra = await HydraServer.open(publicUrl);
    const settings = { ...bridgeSettings(deployment, publicUrl), HYDRA_ADMIN_URL: hydra.url };
    bridge = await startProcess('examples/hydra-login/server.mjs', settings, { ready: /serving/ });
    // The application is on another site than Gatehouse, as for most users.
    application = await linkingSite([hydra.authorize(), hydra.authorize({ prompt: 'consent' })]);
  });
  afterAll(async () => {
    await application?.close();
    await bridge?.stop();
    await hydra?.close();
    await deployment?.close();
  });

  const signIn = async (page: Page, link: number) => {
    await page.goto(application.url);
    await page.getByRole('link').nth(link).click();
  };

  it('logs in and consents, is redirected back without a page the next time, and can refuse a new consent', async () => {
    const { page, complaints } = await chromium.open();
    await signIn(page, 0);
    await page.getByLabel('Username or email').fill('alice');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Enter your password' }).waitFor();
    await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByText("You're about to sign into Photo prints.").waitFor();
    await page.getByText('See your photos').waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${hydra.url}/done?code=*`);

    await signIn(page, 0);
    await page.waitForURL(`${hydra.url}/done?code=*`);

    await signIn(page, 1);
    await page.getByRole('link', { name: 'No, cancel' }).click();
    await page.waitForURL(`${hydra.url}/done?error=access_denied`);
    expect(complaints).toEqual([]);
  });
});
