import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  blueprint,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';
import { OfficialWebClient } from '../support/official-web-client.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { readMail } from '../support/read-mail.js';

/*
 * Replays of visits that were recorded in Chromium from the web client of authentik 2024.8.2, built from its source.
 * The comment before a test lists the calls that the test replays.
 */

const NEXT = '/api/v3/root/config/';
const QUERY = `?next=${encodeURIComponent(NEXT)}`;
const RIGHT = 'correct-horse-7';
const MEMBERS = { authentication: 'require_authenticated' };
const CONSENT = 'ak-stage-consent';
const FINISH = 'ak-provider-oauth2-device-code-finish';

let deployment: Deployment;
let mailbox: Mailbox;
let device: OauthDevice;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'consent', 'enrollment', 'courier'],
    environment: { ...mailbox.settings, EMAIL_RESEND_S: '0' },
    blueprints: [
      blueprint(
        ...['alice', 'bob', 'carol'].map((name) => userEntry(name)),
        ...[fieldEntry('new', ['username', 'username']), fieldEntry('new', ['email', 'email'])],
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { authentication: 'none' }),
        flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
        flowEntries(
          'join',
          [
            ...[asking('new', ['username', 'email'])],
            ...[{ ...writing('always_create'), attrs: { create_users_as_inactive: true } }],
            ...[{ ...EMAIL, attrs: { ...EMAIL.attrs, activate_user_on_success: true } }, LOGIN],
          ],
          { designation: 'enrollment' },
        ),
        flowEntries('code', [], { designation: 'stage_configuration', ...MEMBERS }),
        flowEntries('consent', [{ stage: 'consent.consentstage' }], { designation: 'authorization', ...MEMBERS }),
        flowEntries('plain', [], { designation: 'authorization', ...MEMBERS }),
        ...[clientEntries('tv', { flow: 'consent' }), clientEntries('radio', { flow: 'plain' })],
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: { default: true, flow_authentication: keyOf('login'), flow_device_code: keyOf('code') },
        },
      ),
    ],
  });
  device = new OauthDevice(deployment);
});
afterAll(async () => {
  await deployment?.close();
  await mailbox?.close();
});

const toast = (message: string) => ({ message_type: 'message', level: 'success', message });

const visitors: OfficialWebClient[] = [];
afterEach(() => Promise.all(visitors.splice(0).map((visitor) => visitor.leave())));

function visitor(): OfficialWebClient {
  const client = new OfficialWebClient(deployment.browser(), deployment.url);
  visitors.push(client);
  return client;
}

/** Logs in on the page that the visitor sees. */
async function logInHere(client: OfficialWebClient, name: string): Promise<void> {
  await client.submit({ uid_field: name });
  await client.submit({ password: RIGHT });
}

async function loggedIn(name: string): Promise<OfficialWebClient> {
  const client = visitor();
  await client.go('/if/flow/login/');
  await logInHere(client, name);
  return client;
}

/** Returns the path and the query of the link in the nth mail to an address. */
async function linkTo(address: string, nth = 1): Promise<string> {
  const { link } = readMail(await mailbox.mailTo(address, nth));
  return link.pathname + link.search;
}

const QUESTION = {
  ...{ component: CONSENT, header_text: 'Continue to confirm this email address.' },
  // These lists must be present, because the script of the page reads their lengths.
  ...{ permissions: [], additional_permissions: [] },
};

describe('the web client of authentik 2024.8.2 with a mailed link', () => {
  // GET of the page with flow_token, the requests that the page sends when it loads, then one POST of ak-stage-consent
  // with the token that the page has read.
  it.each([
    ['the browser that asked for it', 'alice'],
    ['another browser', 'bob'],
  ])('asks for confirmation in %s, and continues by the only button of the page', async (where, name) => {
    const requester = visitor();
    await requester.go(`/if/flow/back/${QUERY}`);
    await requester.submit({ uid_field: name });
    expect(requester.challenge).toMatchObject({ component: 'ak-stage-email' });

    const reader = where === 'another browser' ? visitor() : requester;
    await reader.go(await linkTo(`${name}@example.org`));
    expect(reader.challenge).toMatchObject(QUESTION);
    expect(await usernameOf(reader.browser)).toBeUndefined();
    await reader.submit({ token: reader.challenge['token'] });
    expect([reader.address, await usernameOf(reader.browser)]).toEqual([NEXT, name]);
  });

  it('activates the account of an enrolment by the button of the page, not by opening the link', async () => {
    const [requester, reader] = [visitor(), visitor()];
    await requester.go('/if/flow/join/');
    await requester.submit({ username: 'dora', email: 'dora@example.org' });
    await reader.go(await linkTo('dora@example.org'));
    expect(reader.challenge).toMatchObject(QUESTION);
    const active = () => deployment.rows(`SELECT is_active FROM directory.users WHERE username = 'dora'`);
    expect(await active()).toEqual([{ is_active: false }]);
    await reader.submit({ token: reader.challenge['token'] });
    expect([await active(), await usernameOf(reader.browser)]).toEqual([[{ is_active: true }], 'dora']);
  });
});

describe('the web client of authentik 2024.8.2 with a device code', () => {
  const errorOf = async (name: string, deviceCode: string) => (await device.redeem(name, deviceCode)).body['error'];
  const statusOf = async (name: string, deviceCode: string) => (await device.redeem(name, deviceCode)).status;

  // GET /device?code=…, which redirects to the page; the requests that the page sends when it loads; POST of
  // ak-stage-consent with the token. The last page, which says that the device is authenticated, sends nothing.
  it.each(['tv', 'radio'])('signs the %s in by a link and one consent', async (name) => {
    const { code, deviceCode } = await device.begin(name);
    const alice = await loggedIn('alice');
    await alice.go(`/device?code=${code}`);
    expect(alice.challenge).toMatchObject({ component: CONSENT, header_text: expect.stringContaining(`The ${name}`) });
    expect(await errorOf(name, deviceCode)).toBe('authorization_pending');
    await alice.submit({ token: alice.challenge['token'] });
    expect(alice.challenge.component).toBe(FINISH);
    expect(await statusOf(name, deviceCode)).toBe(200);
  });

  // GET /device, POST of ak-provider-oauth2-device-code with the code, the redirect to the flow of the application, the
  // requests that its page sends when it loads, and, if that flow asks, POST of ak-stage-consent.
  it.each(['tv', 'radio'])('signs the %s in by a typed code', async (name) => {
    const { code, deviceCode } = await device.begin(name);
    const bob = await loggedIn('bob');
    await bob.go('/device');
    await bob.submit({ code });
    if (name === 'tv') await bob.submit({ token: bob.challenge['token'] });
    expect(bob.challenge.component).toBe(FINISH);
    expect(await statusOf(name, deviceCode)).toBe(200);
  });
});

describe('the web client of authentik 2024.8.2 and its link “Not you?”', () => {
  // POST of the name, then a navigation to flow_info.cancel_url with the Referer of the page.
  it('redirects to the same flow with the same destination', async () => {
    const client = visitor();
    await client.go(`/if/flow/login/${QUERY}`);
    await client.submit({ uid_field: 'bob' });
    await client.click((client.challenge['flow_info'] as { cancel_url: string }).cancel_url);
    expect(client.address).toBe(`/if/flow/login/${QUERY}`);
    expect(client.challenge.component).toBe('ak-stage-identification');
    await logInHere(client, 'carol');
    expect([client.address, await usernameOf(client.browser)]).toEqual([NEXT, 'carol']);
  });
});

describe('the web client of authentik 2024.8.2 and its WebSocket', () => {
  // The WebSocket is requested together with the first calls, so without a cookie on the first page of a visitor.
  it('stays connected on the first page of a visitor', async () => {
    const client = visitor();
    await client.go('/if/flow/login/');
    await client.submit({ uid_field: 'alice' });
    expect(client.socket?.ws.readyState).toBe(WebSocket.OPEN);
  });

  // POST of ak-stage-email without fields, by the button "Send Email again."
  it('gets a toast for a mail that was sent again', async () => {
    const client = visitor();
    await client.go('/if/flow/back/');
    await client.go('/if/flow/back/');
    await client.submit({ uid_field: 'carol' });
    await client.submit({});
    expect(await client.socket?.next()).toMatchObject(toast('Email Successfully sent.'));
  });

  // Two pages of one session: the visitor logs in on the first page. The second page gets a message about the login,
  // and then connects with the new cookie.
  it('gets a toast for a login, and is closed because the session has a new key', async () => {
    const client = visitor();
    await client.go('/if/flow/login/');
    const otherPage = new OfficialWebClient(client.browser, deployment.url);
    visitors.push(otherPage);
    await otherPage.go('/if/flow/back/');
    await logInHere(client, 'alice');
    expect(await otherPage.socket?.next()).toMatchObject(toast('Successfully logged in!'));
    await otherPage.socket?.closed;
  });
});
