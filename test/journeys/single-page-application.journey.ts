import { createClient } from '@gatehouse/client';
import { generateSync, ScureBase32Plugin } from 'otplib';
import type { Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveExample } from '../packages/built-example.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, LOGOUT, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';

const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'skip' },
};
const APP = { stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6 } };
const PASSWORD_TEXT = 'correct-horse-7';
/** The first two hosts belong to the site `gatehouse.localhost`, the third host belongs to another site. */
const [APP_HOST, SIBLING, OTHER_SITE] = ['app.gatehouse.localhost', 'other.gatehouse.localhost', 'app.localhost'];

describeInChromium('a single-page application on another origin of the site', () => {
  let example: Awaited<ReturnType<typeof serveExample>>;
  let deployment: Deployment;
  /**
   * The URL of the gateway for the requests of this process, which may not be able to resolve the host name of the
   * site.
   */
  let address: string;
  const chromium = useChromium();
  beforeAll(async () => {
    example = await serveExample();
    deployment = await Deployment.open({
      services: [...SERVICES, 'mfa'],
      host: 'login.gatehouse.localhost',
      blueprints: [
        blueprint(
          ...['alice', 'bob', 'carol'].map((name) => userEntry(name)),
          flowEntries('default-authentication-flow', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
          flowEntries('default-invalidation-flow', [LOGOUT], { designation: 'invalidation' }),
          flowEntries('app', [APP], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
        ),
      ],
      gateway: { CORS_ORIGINS: example.originOf(APP_HOST) },
    });
    address = `http://127.0.0.1:${new URL(deployment.url).port}`;
    example.setGatehouse(deployment.url);
  }, 300_000);
  afterAll(async () => {
    await deployment?.close();
    await example?.close();
  });

  /** Sets up an authenticator app by the client in native mode. Returns a code that was not used. */
  async function setUpApp(username: string): Promise<string> {
    const client = createClient({ baseUrl: address, cookies: cookieJar() });
    const login = await client.start('default-authentication-flow');
    await login.solve({ component: 'ak-stage-identification', uid_field: username });
    const end = await login.solve({ component: 'ak-stage-password', password: PASSWORD_TEXT });
    expect(end).toEqual({ kind: 'redirect', to: `${address}/` });
    const setup = await client.start('app');
    if (setup.challenge?.component !== 'ak-stage-authenticator-totp') throw new Error('no app to set up');
    const secret = new ScureBase32Plugin().decode(new URL(setup.challenge.config_url).searchParams.get('secret') ?? '');
    const step = Math.floor(Date.now() / 30_000);
    const code = codeAt(secret, step);
    expect(await setup.solve({ component: setup.challenge.component, code })).toMatchObject({ kind: 'redirect' });
    return codeAt(secret, step + 1);
  }

  async function open(path: string) {
    const { page } = await chromium.openShared();
    const requests: Request[] = [];
    page.on('request', (request) => requests.push(request));
    await page.goto(`${example.originOf(APP_HOST)}/${path}`);
    /** Returns the methods of the requests to the executor of the login. */
    const sent = () =>
      requests.filter((request) => request.url().includes('/executor/default-auth')).map((request) => request.method());
    return { page, sent };
  }
  const fill = async (page: Page, label: string, text: string) => {
    await page.getByLabel(label).fill(text);
    await page.getByRole('button', { name: 'Continue' }).click();
  };

  it.each([
    ['alice', 'index.html'],
    ['bob', 'react.html'],
  ])('logs %s in with password and code, reports a wrong password, and logs out: %s', async (username, path) => {
    const code = await setUpApp(username);
    const { page, sent } = await open(path);
    await fill(page, 'Username', username);
    await fill(page, 'Password', 'not-the-password');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/password/i);
    await fill(page, 'Password', PASSWORD_TEXT);
    await fill(page, 'Code', code);
    await page.getByText(`Signed in as ${username}.`).waitFor();
    expect(sent().filter((method) => method !== 'OPTIONS')).toEqual(['GET', 'POST', 'POST', 'POST', 'POST']);

    await page.reload();
    await page.getByText(`Signed in as ${username}.`).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Username').waitFor();
    await page.reload();
    await page.getByLabel('Username').waitFor();
  });

  it('logs a user in on the page that the documentation shows, and reports a wrong password', async () => {
    const { page } = await open('documented.html');
    await fill(page, 'Username', 'carol');
    await fill(page, 'Password', 'not-the-password');
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Password').inputValue()).toBe('not-the-password');
    await fill(page, 'Password', PASSWORD_TEXT);
    await page.getByText('You are logged in.').waitFor();
  });

  it.each(['documented.html', 'react.html', 'index.html'])(
    'reports at an origin that is not listed that Gatehouse cannot be reached: %s',
    async (path) => {
      const { page } = await chromium.openShared();
      await page.goto(`${example.originOf(SIBLING ?? '')}/${path}`);
      const message = await page.getByText('Gatehouse cannot be reached.').textContent();
      expect(message).toMatch(/ Trying again in \d+ s\.$/);
    },
  );

  it('sends one response for a double click in React', async () => {
    const { page, sent } = await open('react.html');
    await page.getByLabel('Username').fill('alice');
    await page.getByRole('button', { name: 'Continue' }).dblclick();
    await page.getByLabel('Password').waitFor();

    expect(sent().filter((method) => method === 'POST')).toHaveLength(1);
  });

  it('keeps the text of a refused response in its field in React', async () => {
    const { page } = await open('react.html');
    await fill(page, 'Username', 'alice');
    await fill(page, 'Password', 'a-typing-mistake');
    await page.getByRole('alert').waitFor();

    expect(await page.getByLabel('Password').inputValue()).toBe('a-typing-mistake');
  });

  it('starts one run in strict mode, and aborts it when its component is unmounted', async () => {
    const { page, sent } = await open('unmount.html');
    const toggle = page.getByRole('button', { name: 'Toggle' });
    await toggle.click();
    await page.getByText('ak-stage-identification').waitFor();
    expect(sent()).toEqual(['GET']);
    await toggle.click();
    // Never answers the next request.
    await page.route('**/executor/**', () => undefined);
    const [request] = await Promise.all([page.waitForEvent('request'), toggle.click()]);
    const [aborted] = await Promise.all([page.waitForEvent('requestfailed'), toggle.click()]);

    expect([aborted === request, aborted.failure()?.errorText]).toEqual([true, 'net::ERR_ABORTED']);
    expect(sent()).toEqual(['GET', 'GET']);
  });

  it.each([
    ['another site', OTHER_SITE],
    ['an origin of the site that is not listed', SIBLING],
  ])('refuses a page of %s', async (_what, host) => {
    const { page } = await chromium.openShared();
    await page.goto(`${example.originOf(host ?? '')}/index.html`);
    const flow = `${deployment.url}/api/v3/flows/executor/default-authentication-flow/?query=`;
    const read = await page.evaluate(
      (url) =>
        fetch(url, { credentials: 'include' }).then(
          () => 'read',
          (error: Error) => error.name,
        ),
      flow,
    );
    const answered = await page.evaluate(
      (url) =>
        fetch(url, {
          ...{ method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' } },
          body: JSON.stringify({ uid_field: 'alice' }),
        }).then(
          () => 'read',
          (error: Error) => error.name,
        ),
      flow,
    );

    expect([read, answered]).toEqual(['TypeError', 'TypeError']);
  });
});

const codeAt = (secret: Uint8Array, step: number) => generateSync({ secret, epoch: step * 30 });

/** Cookies of one site in memory. */
function cookieJar() {
  const cookies = new Map<string, string>();
  return {
    getCookieString: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    setCookie: (line: string) => {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    },
  };
}
