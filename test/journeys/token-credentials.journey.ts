import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { CREDENTIAL_FLOWS, CREDENTIAL_SERVICES, tokenOf } from '../support/credential-flows.js';
import { Deployment } from '../support/deployment.js';

const [OLD, NEW] = ['correct-horse-7', 'another-horse-8'];
const CHANGED = { password: NEW, password_repeat: NEW };
const ASKS_PASSWORD = { component: 'ak-stage-password' };
const DONE = { component: 'xak-flow-redirect' };
const REFUSED = {
  status: 403,
  body: { code: 'proof_required', detail: 'An API token cannot set up or change credentials. Log in first.' },
};

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({ services: CREDENTIAL_SERVICES, blueprints: [CREDENTIAL_FLOWS] });
}, 120_000);
afterAll(() => deployment?.close());

beforeEach(async () => {
  await deployment.rows('TRUNCATE mfa.devices CASCADE');
  await deployment.rows('DELETE FROM flow.attempts');
});

const countDevices = async () => (await deployment.rows('SELECT FROM mfa.devices')).length;
const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

async function logIn(username: string, password = OLD): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password });
  return browser;
}

/** An API client that keeps cookies and sends a bearer token with every request. */
class ApiClient {
  constructor(
    private readonly token: string,
    readonly browser = deployment.browser(),
  ) {}

  show(flow: string): Promise<BrowserResponse> {
    return this.fetch(`/api/v3/flows/executor/${flow}/?query=`);
  }

  solve(flow: string, body: unknown): Promise<BrowserResponse> {
    const headers = { 'content-type': 'application/json' };
    return this.fetch(`/api/v3/flows/executor/${flow}/?query=`, {
      ...{ method: 'POST', body: JSON.stringify(body), headers },
    });
  }

  fetch(path: string, init: RequestInit = {}): Promise<BrowserResponse> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.token}`);
    return this.browser.fetch(path, { ...init, headers });
  }
}

const codeOf = (body: BrowserResponse['body']) => {
  const secret = new URL(body['config_url'] as string).searchParams.get('secret')!;
  return generateSync({ secret, base32: new ScureBase32Plugin() });
};

describe('a bearer token alone', () => {
  it('cannot set up an app, a security key or recovery codes (accident 25)', async () => {
    const client = new ApiClient(tokenOf('alice'));
    const { body } = await client.show('app');
    if (body['config_url']) await client.solve('app', { code: codeOf(body) });
    expect(await countDevices()).toBe(0);

    for (const flow of ['app', 'codes', 'keys']) {
      expect(await client.show(flow)).toMatchObject(REFUSED);
      expect(await client.solve(flow, {})).toMatchObject(REFUSED);
    }
    expect(await countDevices()).toBe(0);
  });

  it('can change the name, but not the password or the email address', async () => {
    const client = new ApiClient(tokenOf('carol'));
    expect((await client.solve('settings', { name: 'Carol C.', email: 'carol@example.org' })).body).toMatchObject(DONE);
    expect(await client.solve('password', CHANGED)).toMatchObject(REFUSED);
    const otherClient = new ApiClient(tokenOf('carol'));
    expect(await otherClient.solve('settings', { name: 'x', email: 'mallory@example.org' })).toMatchObject(REFUSED);

    expect(await deployment.rows(`SELECT name, email FROM directory.users WHERE username = 'carol'`)).toEqual([
      { name: 'Carol C.', email: 'carol@example.org' },
    ]);
    expect(await statusOf(await logIn('carol'))).toBe(200);
  });

  it('cannot delete its user', async () => {
    expect(await new ApiClient(tokenOf('dave')).show('leave')).toMatchObject(REFUSED);
    expect(await statusOf(await logIn('dave'))).toBe(200);
  });

  it('does not log its user in, nor any other', async () => {
    const client = new ApiClient(tokenOf('alice'));
    // Creates the session in which the flow starts.
    await client.browser.show('login');
    const [{ id }] = (await deployment.rows<{ id: string }>(
      `SELECT stage->>'id' AS id FROM flow.flow_versions, jsonb_path_query(document, '$.steps[*].stage') AS stage
       WHERE stage->>'kind' = 'authenticator_totp' LIMIT 1`,
    )) as [{ id: string }];
    const redirect = await client.fetch(`/flows/-/configure/${id}/`);
    expect(redirect.headers.get('location')).toBe('/if/flow/about-me/');

    expect((await client.show('about-me')).status).toBe(403);
    expect((await client.solve('about-me', {})).status).toBe(403);
    expect((await client.solve('nameless-login', { uid_field: 'alice' })).status).toBe(403);
    expect(await statusOf(client.browser)).toBe(403);
  });

  it('cannot set up a credential even with a session cookie that has a recent proof', async () => {
    const alice = await logIn('alice');
    await alice.show('codes');
    await alice.solve('codes', {});
    expect(await countDevices()).toBe(1);
    const client = new ApiClient(tokenOf('bob'), alice);
    expect(await client.show('codes')).toMatchObject(REFUSED);
    expect(await countDevices()).toBe(1);
  });

  it('can set up a credential after the plan itself has verified the password', async () => {
    const client = new ApiClient(tokenOf('alice'));
    expect((await client.show('sure-codes')).body).toMatchObject(ASKS_PASSWORD);
    expect((await client.solve('sure-codes', { password: 'wrong' })).body).toMatchObject(ASKS_PASSWORD);
    const codes = await client.solve('sure-codes', { password: OLD });
    expect(codes.body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    expect((await client.solve('sure-codes', {})).body).toMatchObject(DONE);
    expect(await countDevices()).toBe(1);
  });
});
