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

let house: Deployment;
beforeAll(async () => {
  house = await Deployment.open({ services: CREDENTIAL_SERVICES, blueprints: [CREDENTIAL_FLOWS] });
}, 120_000);
afterAll(() => house?.close());

beforeEach(async () => {
  await house.rows('TRUNCATE mfa.devices CASCADE');
  await house.rows('DELETE FROM flow.attempts');
});

const kept = async () => (await house.rows('SELECT FROM mfa.devices')).length;
const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

async function loggedIn(username: string, password = OLD): Promise<Browser> {
  const browser = house.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password });
  return browser;
}

/** A program that keeps its cookies and sends a token with every request. */
class Program {
  constructor(
    private readonly token: string,
    readonly browser = house.browser(),
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
  it('sets up no app, key or code for its user (accident 25)', async () => {
    const program = new Program(tokenOf('alice'));
    const { body } = await program.show('app');
    if (body['config_url']) await program.solve('app', { code: codeOf(body) });
    expect(await kept()).toBe(0);

    for (const flow of ['app', 'codes', 'keys']) {
      expect(await program.show(flow)).toMatchObject(REFUSED);
      expect(await program.solve(flow, {})).toMatchObject(REFUSED);
    }
    expect(await kept()).toBe(0);
  });

  it('changes neither password nor address, though it may change a name', async () => {
    const program = new Program(tokenOf('carol'));
    expect((await program.solve('settings', { name: 'Carol C.', email: 'carol@example.org' })).body).toMatchObject(
      DONE,
    );
    expect(await program.solve('password', CHANGED)).toMatchObject(REFUSED);
    const other = new Program(tokenOf('carol'));
    expect(await other.solve('settings', { name: 'x', email: 'mallory@example.org' })).toMatchObject(REFUSED);

    expect(await house.rows(`SELECT name, email FROM directory.users WHERE username = 'carol'`)).toEqual([
      { name: 'Carol C.', email: 'carol@example.org' },
    ]);
    expect(await statusOf(await loggedIn('carol'))).toBe(200);
  });

  it('does not delete its user', async () => {
    expect(await new Program(tokenOf('dave')).show('leave')).toMatchObject(REFUSED);
    expect(await statusOf(await loggedIn('dave'))).toBe(200);
  });

  it('logs nobody in, not even its own user', async () => {
    const program = new Program(tokenOf('alice'));
    // An anonymous session, so that there is somewhere to begin a flow about the token's user.
    await program.browser.show('login');
    const [{ id }] = (await house.rows<{ id: string }>(
      `SELECT stage->>'id' AS id FROM flow.flow_versions, jsonb_path_query(document, '$.steps[*].stage') AS stage
       WHERE stage->>'kind' = 'authenticator_totp' LIMIT 1`,
    )) as [{ id: string }];
    const begun = await program.fetch(`/flows/-/configure/${id}/`);
    expect(begun.headers.get('location')).toBe('/if/flow/about-me/');

    expect((await program.show('about-me')).status).toBe(403);
    expect((await program.solve('about-me', {})).status).toBe(403);
    expect((await program.solve('nameless-login', { uid_field: 'alice' })).status).toBe(403);
    expect(await statusOf(program.browser)).toBe(403);
  });

  it('is not helped by a session beside it, however much that has proved', async () => {
    const alice = await loggedIn('alice');
    await alice.show('codes');
    await alice.solve('codes', {});
    expect(await kept()).toBe(1);
    const program = new Program(tokenOf('bob'), alice);
    expect(await program.show('codes')).toMatchObject(REFUSED);
    expect(await kept()).toBe(1);
  });

  it('goes on where the plan itself has a password proved', async () => {
    const program = new Program(tokenOf('alice'));
    expect((await program.show('sure-codes')).body).toMatchObject(ASKS_PASSWORD);
    expect((await program.solve('sure-codes', { password: 'wrong' })).body).toMatchObject(ASKS_PASSWORD);
    const shown = await program.solve('sure-codes', { password: OLD });
    expect(shown.body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    expect((await program.solve('sure-codes', {})).body).toMatchObject(DONE);
    expect(await kept()).toBe(1);
  });
});
