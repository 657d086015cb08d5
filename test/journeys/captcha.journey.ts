import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, keyOf, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { SiteverifyServer } from '../support/siteverify.js';

const KEY = 'a key that nobody has ever guessed';
const CAPTCHA = 'captcha.captchastage';
const PROOF = { public_key: 'none', private_key: KEY, api_url: 'gatehouse:proof-of-work' };

/** Returns a captcha stage without a binding, for another stage to embed. */
const unboundCaptcha = (name: string, attrs: object) => ({
  model: `authentik_stages_${CAPTCHA}`,
  id: name,
  identifiers: { name },
  attrs,
});

let provider: SiteverifyServer;
let deployment: Deployment;
beforeAll(async () => {
  provider = await SiteverifyServer.open('hush-hush-hush');
  /** Returns captcha settings. Each `name` gets its own API URL, and so its own circuit breaker. */
  const account = (name: string) => ({
    ...{ public_key: 'site', private_key: 'hush-hush-hush', api_url: `${provider.url}/${name}` },
  });
  const embedding = { ...IDENTIFICATION.attrs, captcha_stage: keyOf('inside') };
  const combined = { ...embedding, captcha_stage: keyOf('steady'), password_stage: keyOf('secret') };
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    blueprints: [
      blueprint(
        userEntry('alice'),
        unboundCaptcha('own', PROOF),
        unboundCaptcha('inside', { ...account('a'), fallback_stage: keyOf('own') }),
        unboundCaptcha('steady', account('b')),
        unboundCaptcha('proof inside', PROOF),
        {
          model: 'authentik_stages_password.passwordstage',
          id: 'secret',
          identifiers: { name: 'secret' },
          attrs: PASSWORD.attrs,
        },
        flowEntries('provider', [{ stage: CAPTCHA, attrs: { ...account('c'), fallback_stage: keyOf('own') } }, DUMMY]),
        flowEntries('proof', [{ stage: CAPTCHA, attrs: PROOF }, DUMMY]),
        flowEntries('embedded', [{ ...IDENTIFICATION, attrs: embedding }, DUMMY]),
        flowEntries('combined', [{ ...IDENTIFICATION, attrs: combined }, DUMMY]),
        flowEntries('proof-combined', [
          { ...IDENTIFICATION, attrs: { ...combined, captcha_stage: keyOf('proof inside') } },
          DUMMY,
        ]),
      ),
    ],
    services: ['identification', 'password', 'session', 'captcha'],
    environment: {
      CAPTCHA_HOSTS: '127.0.0.1',
      CAPTCHA_OUTAGE_FAILURES: '1',
      CAPTCHA_TIMEOUT_MS: '300',
      CAPTCHA_OUTAGE_S: '1',
    },
  });
});
afterAll(async () => {
  await deployment?.close();
  await provider?.close();
});
beforeEach(() => {
  provider.override = undefined;
});

let tokenCount = 0;
const freshToken = () => `good ${++tokenCount}`;
const challengeOf = async (browser: Browser, slug: string) => (await browser.show(slug)).body;

describe('a captcha with an external provider', () => {
  it('accepts a valid token, and stores the provider secret encrypted only', async () => {
    const browser = deployment.browser();
    expect(await challengeOf(browser, 'provider')).toMatchObject({ component: 'ak-stage-captcha', site_key: 'site' });
    const { body } = await browser.solve('provider', { token: freshToken() });
    expect(body).toMatchObject({ component: 'ak-stage-dummy' });
    const stored = await deployment.rows(
      'SELECT o.attrs::text, v.document::text FROM flow.objects o, flow.flow_versions v',
    );
    expect(JSON.stringify(stored)).not.toMatch(/hush-hush|nobody has ever guessed/);
  });

  it('accepts a token for one login only (accident 59)', async () => {
    const token = freshToken();
    const [first, second] = [deployment.browser(), deployment.browser()];
    await Promise.all([first.show('provider'), second.show('provider')]);
    await first.solve('provider', { token });
    provider.override = (response) => void response.end('{"success":true}');
    expect((await second.solve('provider', { token })).body).toMatchObject({
      component: 'ak-stage-captcha',
      response_errors: { token: [{ string: 'Invalid captcha response. Retrying may solve this issue.' }] },
    });
  });

  it('falls back to the proof of work during an outage, and still refuses invalid tokens', async () => {
    provider.override = () => undefined;
    const browser = deployment.browser();
    await browser.show('provider');
    expect((await browser.solve('provider', { token: freshToken() })).body).toMatchObject({
      component: 'ak-stage-captcha',
      js_url: '/static/captcha/proof-of-work.js',
    });
    expect((await browser.solve('provider', { token: 'none' })).body).toMatchObject({
      response_errors: { token: [{ string: 'Invalid captcha response' }] },
    });
  });
});

describe('a captcha embedded in identification', () => {
  it('is part of the identification challenge, and its token is part of the response', async () => {
    const browser = deployment.browser();
    expect(await challengeOf(browser, 'embedded')).toMatchObject({
      component: 'ak-stage-identification',
      captcha_stage: {
        ...{ component: 'ak-stage-captcha', site_key: 'site', interactive: false, js_url: expect.any(String) },
        ...{ pending_user: '', pending_user_avatar: '/static/dist/assets/images/user_default.png' },
      },
    });
    const { body } = await browser.solve('embedded', { uid_field: 'alice', captcha_token: freshToken() });
    expect(body).toMatchObject({ component: 'ak-stage-dummy' });
  });

  it.each([['alice'], ['nobody']])('reveals nothing about %s to a visitor without a valid token', async (uid_field) => {
    for (const captcha_token of ['bad', null, undefined, '']) {
      const browser = deployment.browser();
      await browser.show('combined');
      const answer = { uid_field, password: 'wrong', captcha_token };
      expect((await browser.solve('combined', answer)).body['response_errors']).toEqual({
        non_field_errors: [{ string: 'Failed to authenticate.', code: 'invalid' }],
      });
    }
    expect(await deployment.rows(`SELECT FROM flow.attempts WHERE credential = 'password'`)).toEqual([]);
  });

  it('checks its token before the password, and requires a new token after a wrong password', async () => {
    const browser = deployment.browser();
    await browser.show('combined');
    const answer = (password: string) =>
      browser.solve('combined', { uid_field: 'alice', password, captcha_token: freshToken() });
    expect((await answer('wrong')).body['response_errors']).toMatchObject({
      non_field_errors: [{ string: 'Failed to authenticate.' }],
    });
    expect((await answer('correct-horse-7')).body).toMatchObject({ component: 'ak-stage-dummy' });
  });

  it('falls back to a proof-of-work step after identification during an outage of the provider', async () => {
    provider.override = (response) => void response.writeHead(500).end();
    const browser = deployment.browser();
    await browser.show('embedded');
    const { body } = await browser.solve('embedded', { uid_field: 'alice', captcha_token: freshToken() });
    expect(body).toMatchObject({ component: 'ak-stage-captcha', js_url: '/static/captcha/proof-of-work.js' });
  });
});

describeInChromium('the proof of work in a browser', () => {
  const chromium = useChromium();
  const tokenOf = async (page: Page) =>
    ((await page.waitForRequest((request) => request.method() === 'POST')).postDataJSON() as { token: string }).token;

  it('is solved by the page without interaction, and its token is accepted once (accident 59)', async () => {
    const { page, complaints } = await chromium.open();
    const sent = tokenOf(page);
    await page.goto(`${deployment.url}/if/flow/proof/`);
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    const token = await sent;
    expect(complaints).toEqual([]);
    const second = deployment.browser();
    await second.show('proof');
    expect((await second.solve('proof', { token })).body).toMatchObject({
      component: 'ak-stage-captcha',
      response_errors: { token: [{ string: 'Invalid captcha response' }] },
    });
  });

  it('is solved together with username and password, and again after a wrong password', async () => {
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}/if/flow/proof-combined/`);
    const logIn = async (password: string) => {
      await page.getByLabel('Username or email').fill('alice');
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.keyboard.press('Enter');
    };
    await logIn('wrong');
    await page.getByText('Wrong name or password. Please try again.').waitFor();
    await logIn('correct-horse-7');
    await page
      .getByText('proof-combined 1')
      .or(page.getByRole('button', { name: 'Continue' }))
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });
});
