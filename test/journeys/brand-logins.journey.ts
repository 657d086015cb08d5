import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  brandEntry,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Outpost } from '../support/outpost.js';

const TOKEN = 'outpost-key-of-sixty-characters-as-gatehouse-draws-them-123'; // not-a-secret
const RIGHT = { username: 'alice', password: 'correct-horse-7' };
const LOGIN_STEPS = [IDENTIFICATION, PASSWORD, LOGIN];

const linking = (flow: string) => ({
  ...IDENTIFICATION,
  attrs: { ...IDENTIFICATION.attrs, passwordless_flow: keyOf(flow) },
});

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('outpost', { type: 'internal_service_account' }),
        tokenEntry('outpost', TOKEN),
        // Login flows that no brand names. A host without a brand would get the flow with the first slug.
        flowEntries('a-weak-login', LOGIN_STEPS),
        flowEntries('a-redirecting-login', LOGIN_STEPS, { denied_action: 'continue' }),
        flowEntries('second-link', [DUMMY]),
        flowEntries('passkey', [linking('second-link')]),
        flowEntries('strong', [linking('passkey'), PASSWORD, LOGIN]),
        flowEntries('shop-login', LOGIN_STEPS),
        flowEntries('recovery', LOGIN_STEPS, { designation: 'recovery' }),
        flowEntries('new-user', [DUMMY], { designation: 'enrollment' }),
        flowEntries('for-outposts', LOGIN_STEPS, { authentication: 'require_outpost' }),
        brandEntry('127.0.0.1', {
          flow_authentication: keyOf('strong'),
          attributes: { gatehouse: { authentication_flow_only: true } },
        }),
        brandEntry('shop.example', { flow_authentication: keyOf('shop-login') }),
      ),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
  });
});
afterAll(() => deployment.close());

const show = async (slug: string, host = '127.0.0.1', browser: Browser = deployment.browser()) =>
  (await browser.fetch(`/api/v3/flows/executor/${slug}/`, { headers: { 'x-forwarded-host': host } })).body;
const DENIED = { component: 'ak-stage-access-denied', error_message: 'Flow does not apply to current user.' };

describe('a brand with authentication_flow_only', () => {
  it.each([
    ['127.0.0.1', 'a-weak-login'],
    ['127.0.0.1', 'shop-login'],
    // A client chooses its Host header. So once a brand has authentication_flow_only, no host may open a login flow that
    // no brand names.
    ['shop.example', 'a-weak-login'],
    ['unknown.example', 'a-weak-login'],
  ])('refuses a login flow that it does not name: host %s, flow %s', async (host, slug) => {
    expect(await show(slug, host)).toMatchObject(DENIED);
  });

  it('refuses the page of a login flow that it does not name, and the answers to it', async () => {
    const browser = deployment.browser();
    await browser.solve('a-weak-login', { uid_field: 'alice' });
    expect((await browser.solve('a-weak-login', { password: RIGHT.password })).body).toMatchObject(DENIED);
    expect(await usernameOf(browser)).toBeUndefined();
    expect((await browser.fetch('/if/flow/a-weak-login/')).text).toContain('You cannot go on here.');
  });

  it('redirects to next if the refused login flow has the denied_action continue', async () => {
    const { body } = await deployment.browser().show('a-redirecting-login', 'next=/app/');
    expect(body).toEqual({ component: 'xak-flow-redirect', to: '/app/' });
  });

  it.each([
    ['127.0.0.1', 'strong', 'ak-stage-identification'],
    ['127.0.0.1', 'passkey', 'ak-stage-identification'],
    ['127.0.0.1', 'second-link', 'ak-stage-dummy'],
    ['127.0.0.1', 'new-user', 'ak-stage-dummy'],
    ['shop.example', 'shop-login', 'ak-stage-identification'],
    ['unknown.example', 'shop-login', 'ak-stage-identification'],
  ])(
    'allows its login flow, the flows that it links, and flows for other purposes: host %s, flow %s',
    async (...[host, slug, component]) => {
      expect(await show(slug, host)).toMatchObject({ component });
    },
  );

  it('allows a recovery flow, which logs the user in', async () => {
    const browser = deployment.browser();
    await browser.solve('recovery', { uid_field: 'alice' });
    await browser.solve('recovery', { password: RIGHT.password });
    expect(await usernameOf(browser)).toBe('alice');
  });

  it('allows a login flow that only outposts can run', async () => {
    const outpost = () => new Outpost(deployment.url, { token: TOKEN, remoteIp: '203.0.113.77' });
    expect(await outpost().bind('for-outposts', RIGHT)).toBe(true);
    expect(await outpost().bind('a-weak-login', RIGHT)).toBe(false);
  });
});
