import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';

const CODE = 'ak-provider-oauth2-device-code';
const TOKEN = 'a-token-of-alice-that-nobody-guesses-0123456789abcdef'; // not-a-secret
const pending = { status: 400, body: { error: 'authorization_pending' } };

let deployment: Deployment;
let device: OauthDevice;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        tokenEntry('alice', TOKEN),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('code', [], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
        flowEntries('plain', [], { designation: 'authorization', authentication: 'require_authenticated' }),
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
}, 120_000);
afterAll(() => deployment?.close());

async function loggedIn(name: string): Promise<Browser> {
  const browser = deployment.browser().complete();
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
const openLink = (browser: Browser, code: string) => browser.fetch(`/device?code=${code}`);

describe('an API token cannot authorize a device', () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const post = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  const refusedToken = { status: 403, body: { code: 'proof_required' } };

  it('at the device page: the page refuses the API token', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const client = deployment.browser().complete();
    // Creates an anonymous session, in which the device page could start a flow.
    await client.show('login');
    for (const path of [`/device?code=${code}`, '/device'])
      expect((await client.fetch(path, { headers })).status).toBe(403);
    await client.fetch('/api/v3/flows/executor/plain/?query=', { headers });
    await client.fetch('/api/v3/flows/executor/plain/?query=', { ...post, body: '{}' });
    expect(await device.redeem('radio', deviceCode)).toMatchObject(pending);
  });

  it('in a flow that the user of the token started in a session', async () => {
    const { code, deviceCode } = await device.begin('radio');
    const alice = await loggedIn('alice');
    await openLink(alice, code);
    for (const init of [{ headers }, { ...post, body: '{}' }])
      expect(await alice.fetch('/api/v3/flows/executor/plain/?query=', init)).toMatchObject(refusedToken);
    const entry = await device.begin('radio');
    await alice.fetch('/device');
    const body = JSON.stringify({ component: CODE, code: entry.code });
    expect(await alice.fetch('/api/v3/flows/executor/code/?query=', { ...post, body })).toMatchObject(refusedToken);
    expect(await device.redeem('radio', deviceCode)).toMatchObject(pending);
    const { body: question } = await alice.show('plain');
    const consented = await alice.solve('plain', { token: question['token'] });
    expect(consented.body).toMatchObject({ component: 'ak-provider-oauth2-device-code-finish', approved: true });
  });
});
