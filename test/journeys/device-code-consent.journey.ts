import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { submit } from '../support/forms.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';

const CONSENT = 'ak-stage-consent';
const SIGNED_IN = { component: 'ak-provider-oauth2-device-code-finish', approved: true };
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const CONSENT_STAGE = { stage: 'consent.consentstage' };
const PARALLEL = 6;

let deployment: Deployment;
let device: OauthDevice;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...['alice', 'bob', 'carol', 'dave'].map((name) => userEntry(name)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('code', [], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
        flowEntries('consent', [CONSENT_STAGE], AUTHORIZING),
        flowEntries('longer', [CONSENT_STAGE, DUMMY], AUTHORIZING),
        flowEntries('plain', [], AUTHORIZING),
        clientEntries('tv', { flow: 'consent' }),
        clientEntries('lamp', { flow: 'longer' }),
        clientEntries('radio', { flow: 'plain' }),
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: { default: true, flow_device_code: keyOf('code') },
        },
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
  });
  device = new OauthDevice(deployment);
});
afterAll(() => deployment?.close());

async function loggedIn(name: string): Promise<Browser> {
  const browser = deployment.browser().complete();
  await browser.show('login');
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
const openLink = (browser: Browser, code: string) => browser.fetch(`/device?code=${code}`);
const typeCode = async (browser: Browser, code: string) => {
  await browser.fetch('/device');
  return (await browser.solve('code', { component: 'ak-provider-oauth2-device-code', code })).body;
};
const question = (app: string, code: string) => ({
  component: CONSENT,
  header_text: `You're about to sign into The ${app}. Continue only if your own device shows the code ${code}.`,
  token: expect.any(String),
});
/**
 * Answers the consent like the official web client: with the component, and with the token that the client has read.
 */
const consent = async (browser: Browser, slug: string, query = '') => {
  const { body } = await browser.show(slug, query);
  return (await browser.solve(slug, { component: CONSENT, token: body['token'] }, query)).body;
};
const isPending = async (client: string, deviceCode: string) =>
  (await device.redeem(client, deviceCode)).body['error'] === 'authorization_pending';
const isSignedIn = async (client: string, deviceCode: string) =>
  (await device.redeem(client, deviceCode)).status === 200;
const approvals = () =>
  deployment.rows(`SELECT FROM flow.outbox WHERE topic = 'events.authorize_application'`).then(({ length }) => length);

describe("a device is signed in before the last page is answered, which authentik's web client never does,", () => {
  it('after a consent that names the application and the code of the link', async () => {
    const { code, deviceCode } = await device.begin('tv', 'openid email');
    const alice = await loggedIn('alice');
    const before = await approvals();
    await openLink(alice, code);
    expect((await alice.show('consent', `code=${code}`)).body).toMatchObject({
      ...question('tv', code),
      permissions: [{ id: 'openid' }, { id: 'email' }],
    });
    expect(await consent(alice, 'consent', `code=${code}`)).toMatchObject(SIGNED_IN);
    expect(await device.redeem('tv', deviceCode)).toMatchObject({ status: 200, body: { scope: 'openid email' } });
    expect((await alice.show('consent')).body).toMatchObject(SIGNED_IN);
    expect(await approvals()).toBe(before + 1);
    expect((await alice.solve('consent', {})).body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
  });

  it('by a typed code at once, if the flow of the application asks nothing', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const alice = await loggedIn('alice');
    expect(await typeCode(alice, code)).toMatchObject({ component: 'xak-flow-redirect', to: '/if/flow/plain/' });
    expect(await isSignedIn('radio', deviceCode)).toBe(true);
    expect((await alice.show('plain')).body).toMatchObject(SIGNED_IN);
  });

  it('by a typed code and a consent that shows the code', async () => {
    const { code, deviceCode } = await device.begin('tv', 'openid profile');
    const bob = await loggedIn('bob');
    expect(await typeCode(bob, code)).toMatchObject({ component: 'xak-flow-redirect', to: '/if/flow/consent/' });
    expect((await bob.show('consent')).body).toMatchObject(question('tv', code));
    expect(await isPending('tv', deviceCode)).toBe(true);
    expect(await consent(bob, 'consent')).toMatchObject(SIGNED_IN);
  });

  it('without JavaScript, and the page says so', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const alice = await loggedIn('alice');
    await openLink(alice, code);
    const page = '/if/flow/plain/';
    expect((await alice.fetch(page)).text).toContain(`shows the code ${code}.`);
    expect((await submit(alice, page, {})).status).toBe(303);
    expect((await alice.fetch(page)).text).toContain('Your device is signed in');
    expect(await isSignedIn('radio', deviceCode)).toBe(true);
    const done = await submit(alice, page, {});
    expect([done.status, done.headers.get('location')]).toEqual([303, '/']);
  });
});

describe('no device is signed in', () => {
  it('by GET requests, or by an answer that is no consent, after a link of another person', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const victim = await loggedIn('carol');
    await openLink(victim, code);
    await victim.solve('plain', {});
    await victim.solve('plain', { component: SIGNED_IN.component });
    for (const _ of [1, 2, 3]) expect((await victim.show('plain')).body).toMatchObject(question('radio', code));
    for (const token of [undefined, 'guessed', (await victim.show('consent')).body['token']])
      expect((await victim.solve('plain', { component: CONSENT, token })).body).toMatchObject({
        ...{ component: CONSENT, response_errors: { token: [{ code: expect.any(String) }] } },
      });
    expect(await isPending('radio', deviceCode)).toBe(true);
    expect(await consent(victim, 'plain')).toMatchObject(SIGNED_IN);
  });

  it('by a remembered consent, before the user consents again', async () => {
    const carol = await loggedIn('carol');
    const first = await device.begin('tv');
    await openLink(carol, first.code);
    await consent(carol, 'consent');
    for (const enter of [openLink, typeCode]) {
      const { code, deviceCode } = await device.begin('tv');
      await enter(carol, code);
      for (const _ of [1, 2]) expect((await carol.show('consent')).body).toMatchObject(question('tv', code));
      expect(await isPending('tv', deviceCode)).toBe(true);
      expect(await consent(carol, 'consent')).toMatchObject(SIGNED_IN);
      expect(await isSignedIn('tv', deviceCode)).toBe(true);
    }
  });

  it('by an answer with an outdated token, although another session has granted the permissions meanwhile', async () => {
    const [here, there] = [await loggedIn('dave'), await loggedIn('dave')];
    const [first, second] = [await device.begin('tv'), await device.begin('tv')];
    await openLink(here, first.code);
    await openLink(there, second.code);
    await here.show('consent');
    await consent(there, 'consent');
    const asked = await here.solve('consent', { component: CONSENT, token: 'of an older page' });
    expect(asked.body).toMatchObject(question('tv', first.code));
    expect(await isPending('tv', first.deviceCode)).toBe(true);
  });

  it('by a consent that was followed by another step, before the user consents again', async () => {
    const { code, deviceCode } = await device.begin('lamp');
    const alice = await loggedIn('alice');
    await openLink(alice, code);
    expect(await consent(alice, 'longer')).toMatchObject({ component: 'ak-stage-dummy' });
    const asked = await alice.solve('longer', { component: 'ak-stage-dummy' });
    expect(asked.body).toMatchObject(question('lamp', code));
    expect(await isPending('lamp', deviceCode)).toBe(true);
    expect(await consent(alice, 'longer')).toMatchObject(SIGNED_IN);
  });
});

describe('concurrent requests', () => {
  it('with the same consent sign the device in once, with one event', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const bob = await loggedIn('bob');
    await openLink(bob, code);
    const { body } = await bob.show('plain');
    const before = await approvals();
    const answer = () => bob.solve('plain', { component: CONSENT, token: body['token'] });
    await Promise.all(Array.from({ length: PARALLEL }, answer));
    expect((await bob.show('plain')).body).toMatchObject(SIGNED_IN);
    expect([await isSignedIn('radio', deviceCode), await approvals()]).toEqual([true, before + 1]);
  });

  it('of a consent and a cancellation sign the device in or refuse it, never both', async () => {
    const bob = await loggedIn('bob');
    for (let n = 0; n < PARALLEL; n++) {
      const browser = n === 0 ? bob : await loggedIn('bob');
      const { code, deviceCode } = await device.begin('radio');
      await openLink(browser, code);
      const { body } = await browser.show('plain');
      const [{ body: answered }] = await Promise.all([
        browser.solve('plain', { component: CONSENT, token: body['token'] }),
        browser.fetch('/flows/-/cancel/'),
      ]);
      const { status, body: polled } = await device.redeem('radio', deviceCode);
      const outcomes = answered['approved'] ? ['token'] : ['token', 'access_denied'];
      expect(outcomes).toContain(status === 200 ? 'token' : polled['error']);
    }
  });
});

describeInChromium('in a browser', () => {
  const chromium = useChromium();

  it('a user refuses one device, stays logged in, and signs another device in', async () => {
    const [refused, accepted] = [await device.begin('radio'), await device.begin('radio')];
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}/device?code=${refused.code}`);
    await page.getByLabel('Username or email', { exact: true }).fill('dave');
    await page.keyboard.press('Enter');
    await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByText(`shows the code ${refused.code}.`).waitFor();
    await page.getByRole('link', { name: 'No, cancel' }).click();
    await page.waitForURL(`${deployment.url}/if/user/`);
    expect((await device.redeem('radio', refused.deviceCode)).body).toMatchObject({ error: 'access_denied' });

    await page.goto(`${deployment.url}/device`);
    await page.getByLabel('Device code', { exact: true }).fill(accepted.code);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your device is signed in' }).waitFor();
    expect(await isSignedIn('radio', accepted.deviceCode)).toBe(true);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${deployment.url}/if/user/`);
    expect(complaints).toEqual([]);
  });
});
