import { Logger, NatsBus } from '@gatehouse/platform';
import { serveStages } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages/modules';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { blueprint } from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { FakeProviderService } from '../support/fake-provider-service.js';
import { describeWithNats } from '../support/nats.js';
import { migratedDatabase } from '../support/postgres.js';
import { sendRaw } from '../support/raw-http.js';
import { changedSource, follow, SOURCES } from '../support/sources.js';

const CALLBACK = '/source/oauth/callback';
const CONNECTIONS = '/api/v3/sources/user_connections/all/';
const SERVICES = ['password', 'session', 'enrollment'] as const;
const JSON_TYPE = { 'content-type': 'application/json' };

describeWithNats('logins with sources', () => {
  let deployment: Deployment;
  let provider: FakeProviderService;
  let identification: Awaited<ReturnType<typeof serveStages>>['service'];

  beforeAll(async () => {
    const database = await migratedDatabase();
    deployment = await Deployment.open({ database, services: SERVICES, blueprints: [SOURCES] });
    // This process serves the stages of `identification`. The service itself would reply to the source subjects too, in
    // place of the fake provider service.
    vi.stubEnv('DATABASE_URL', database.url);
    const served = { name: 'identification', logger: new Logger(), modules: await stagesOf('identification') };
    identification = (await serveStages({ ...served, bus: new NatsBus({ NATS_URL: deployment.nats.url }) })).service;
    provider = await FakeProviderService.open(deployment.nats.url);
  }, 120_000);
  afterAll(async () => {
    await provider?.close();
    await identification?.close();
    await deployment?.close();
    vi.unstubAllEnvs();
  });
  beforeEach(() => {
    provider.completeReply = { refused: { text: 'Nobody.' } };
  });

  /** Starts a login at a source. Returns the state that its provider receives. */
  async function startLogin(browser: Browser, slug: string, query = ''): Promise<string> {
    const redirect = await browser.fetch(`/source/oauth/login/${slug}/${query}`);
    expect(redirect.status).toBe(302);
    return new URL(redirect.headers.get('location') ?? '').searchParams.get('state') ?? '';
  }
  const returnFrom = (browser: Browser, slug: string, state: string) =>
    browser.fetch(`${CALLBACK}/${slug}/?${new URLSearchParams({ state, code: 'c' }).toString()}`);
  const signIn = async (browser: Browser, slug: string, query = '') =>
    returnFrom(browser, slug, await startLogin(browser, slug, query));
  async function logIn(username: string): Promise<Browser> {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: username });
    await browser.solve('login', { password: 'correct-horse-7' });
    return browser;
  }
  async function connect(username: string, identifier: string, slug = 'hub'): Promise<void> {
    provider.returnUser(identifier);
    expect((await signIn(await logIn(username), slug)).headers.get('location')).toContain('page-sources');
  }

  describe('a visitor who returns from a source', () => {
    it('is enrolled when unknown and logged in when known, and redirected to next', async () => {
      const claimedGroups = { g: { name: 'hub people' } };
      provider.returnUser('n1', { username: 'nina', name: 'Nina', email: 'nina@example.org' }, claimedGroups);
      const nina = deployment.browser();
      const enrolled = await follow(nina, await signIn(nina, 'hub', '?next=%2Fapp%2F'));
      expect(enrolled.body).toMatchObject({ component: 'xak-flow-redirect', to: '/app/' });
      expect(await usernameOf(nina)).toBe('nina');
      const [row] = await deployment.rows(`SELECT name, email, path FROM directory.users WHERE username = 'nina'`);
      expect(row).toEqual({ name: 'Nina', email: 'nina@example.org', path: 'goauthentik.io/sources/hub' });

      provider.returnUser('n1', { username: 'another name' }, claimedGroups);
      const returning = deployment.browser();
      expect((await follow(returning, await signIn(returning, 'hub'))).body).toMatchObject({ to: '/if/user/' });
      expect(await usernameOf(returning)).toBe('nina');
      const groups = `SELECT g.name FROM directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id
        JOIN directory.users u ON u.id = ug.user_id WHERE u.username = 'nina'`;
      expect(await deployment.rows(groups)).toEqual([{ name: 'hub people' }]);
    });

    it('continues under a new session key, so that a key that an attacker planted gets no plan', async () => {
      await connect('carol', 'planted');
      provider.returnUser('planted');
      const [attacker, victim] = [deployment.browser(), deployment.browser()];
      await attacker.show('login');
      victim.plant(attacker.cookie());
      const callback = await signIn(victim, 'hub');

      await attacker.show('known');
      expect(await usernameOf(attacker)).toBeUndefined();
      expect((await follow(victim, callback)).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(victim)).toBe('carol');
    });

    it('is sent to the provider with a redirect URI of the configured origin, for any Host header (accident 41)', async () => {
      const request =
        'GET /source/oauth/login/hub/ HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n\r\n';
      expect((await sendRaw(deployment.url, request)).status).toBe(302);
      expect(provider.began.at(-1)).toMatchObject({ redirect_uri: `${deployment.url}${CALLBACK}/hub/` });
    });

    it('completes the login once, with the state and nonce of the session that started it', async () => {
      provider.returnUser('n2', { username: 'once' });
      const browser = deployment.browser();
      const state = await startLogin(browser, 'hub');
      const request = provider.began.at(-1);
      const redirect_uri = `${deployment.url}${CALLBACK}/hub/`;
      expect(request).toMatchObject({ state, redirect_uri, source: { slug: 'hub', consumer_secret: 'secret' } });
      const refused = await returnFrom(deployment.browser(), 'hub', state);
      expect(refused.text).toContain('State check failed.');
      const completedBefore = provider.completed.length;
      const callbacks = await Promise.all([returnFrom(browser, 'hub', state), returnFrom(browser, 'hub', state)]);
      expect(new Set(callbacks.map(({ status }) => status))).toEqual(new Set([200, 302]));
      expect(provider.completed.slice(completedBefore)).toMatchObject([
        { proof: { state, redirect_uri, kept: { nonce: `for ${state}` }, answer: { code: 'c' } } },
      ]);
    });

    it('can only return to the source at which the login was started', async () => {
      provider.returnUser('n3', { username: 'mixed' });
      const browser = deployment.browser();
      const callback = await returnFrom(browser, 'mail', await startLogin(browser, 'hub'));
      expect(callback.text).toContain('State check failed.');
    });

    it('may return by a cross-site form post, which carries no session cookie', async () => {
      provider.returnUser('n4', { username: 'posted' });
      const browser = deployment.browser();
      const state = await startLogin(browser, 'hub');
      const redirect = await deployment.browser().fetch(`${CALLBACK}/hub/`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://appleid.apple.com' },
        body: new URLSearchParams({ state, code: 'c', user: '{"name":{}}' }).toString(),
      });
      expect(redirect.status).toBe(303);
      const callback = await browser.fetch(redirect.headers.get('location') ?? '');
      expect((await follow(browser, callback)).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(provider.completed.at(-1)).toMatchObject({ proof: { answer: { user: '{"name":{}}' } } });
    });

    it('sees the error of the provider, and a link to start again with the same destination', async () => {
      provider.completeReply = { refused: { text: 'The provider says no.' } };
      const browser = deployment.browser();
      const callback = await signIn(browser, 'hub', '?next=%2Fapp%2F');
      expect(callback.status).toBe(200);
      expect(callback.text).toContain('The provider says no.');
      expect(callback.text).toContain('href="/flows/-/default/authentication/?next=%2Fapp%2F"');
      expect(await usernameOf(browser)).toBeUndefined();
    });
  });

  describe('a source', () => {
    it('that is disabled during a login stops working immediately', async () => {
      provider.returnUser('n5', { username: 'late' });
      const browser = deployment.browser();
      const state = await startLogin(browser, 'hub');
      await deployment.apply(blueprint(changedSource('hub', { enabled: false })));
      try {
        expect((await returnFrom(browser, 'hub', state)).status).toBe(404);
        expect((await browser.fetch('/source/oauth/login/hub/')).status).toBe(404);
        expect((await browser.show('buttons')).body['sources']).toEqual([]);
      } finally {
        await deployment.apply(blueprint(changedSource('hub', { enabled: true })));
      }
    });

    it('without an enrollment flow shows an error to unknown users (accident 40)', async () => {
      provider.returnUser('n6', { username: 'unwanted' });
      const callback = await signIn(deployment.browser(), 'bare');
      expect(callback.status).toBe(400);
      expect(callback.text).toContain('Source is not configured for enrollment.');
    });

    it('links users by email address, but not by an unverified one', async () => {
      const email = 'bob@example.org';
      provider.returnUser('b1', { email, email_verified: false });
      expect((await signIn(deployment.browser(), 'mail')).text).toContain('has been denied');
      provider.returnUser('b1', { email });
      const bob = deployment.browser();
      expect((await follow(bob, await signIn(bob, 'mail'))).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(bob)).toBe('bob');
      provider.returnUser('b1', { email, email_verified: false });
      expect((await signIn(deployment.browser(), 'mail')).headers.get('location')).toContain('/if/flow/known/');
    });

    it('links no user who has not verified the address, so that an attacker cannot enrol with it first', async () => {
      const email = 'later@example.org';
      await deployment.rows(`INSERT INTO directory.users (username, email) VALUES ('early', $1)`, [email]);
      provider.returnUser('l1', { email });
      expect((await signIn(deployment.browser(), 'mail')).text).toContain('has been denied');
    });

    it.each([true, false])('marks an address as verified only if the provider has: %s', async (email_verified) => {
      const [username, email] = [`verified-${email_verified}`, `verified-${email_verified}@example.org`];
      provider.returnUser(username, { username, email, email_verified });
      const browser = deployment.browser();
      expect((await follow(browser, await signIn(browser, 'hub'))).body).toMatchObject({ to: '/if/user/' });
      const [row] = await deployment.rows('SELECT verified_email FROM directory.users WHERE username = $1', [username]);
      expect(row).toEqual({ verified_email: email_verified ? email : '' });
    });

    it('writes the username of a new user in normal width, and refuses a username with an invisible character', async () => {
      provider.returnUser('w1', { username: '\uff57ide' });
      const wide = deployment.browser();
      await follow(wide, await signIn(wide, 'hub'));
      expect(await usernameOf(wide)).toBe('wide');
      provider.returnUser('w2', { username: 'wi\u00adde' });
      const refused = deployment.browser();
      expect((await follow(refused, await signIn(refused, 'hub'))).body).toMatchObject({
        component: 'ak-stage-access-denied',
        error_message: 'Usernames cannot contain the character U+00AD.',
      });
    });

    it('does not log in a disabled user, found by email address or by connection', async () => {
      provider.returnUser('i1', { email: 'idle@example.org' });
      expect((await signIn(deployment.browser(), 'mail')).text).toContain('has been denied');
      await deployment.rows(`INSERT INTO identification.connections (source_id, identifier, user_id)
        SELECT s.id, 'i1', u.id FROM identification.sources s, directory.users u WHERE s.slug = 'hub' AND u.username = 'idle'`);
      expect((await signIn(deployment.browser(), 'hub')).text).toContain('has been denied');
    });
  });

  describe('a user who is logged in', () => {
    it('can connect an account, list connections and remove only their own', async () => {
      const alice = await logIn('alice');
      provider.returnUser('a1');
      expect((await signIn(alice, 'hub')).headers.get('location')).toBe('/if/user/#/settings;page-sources');
      const { results } = (await alice.fetch(CONNECTIONS)).body as { results: { pk: number; source: object }[] };
      const kind = { component: 'ak-source-oauth-form', meta_model_name: 'authentik_sources_oauth.oauthsource' };
      expect(results).toMatchObject([{ source: { ...kind, slug: 'hub', name: 'Hub hub', icon: expect.any(String) } }]);
      const bob = await logIn('bob');
      expect((await signIn(bob, 'hub')).text).toContain('is connected with another user');
      const address = `${CONNECTIONS}${results[0]!.pk}/`;
      expect((await bob.fetch(address, { method: 'DELETE' })).status).toBe(404);
      expect((await alice.fetch(address, { method: 'DELETE', headers: { 'x-authentik-csrf': 'x' } })).status).toBe(403);
      expect((await alice.fetch(address, { method: 'DELETE' })).status).toBe(204);
      expect((await alice.fetch(CONNECTIONS)).body).toMatchObject({ results: [] });
      expect((await deployment.browser().fetch(CONNECTIONS)).status).toBe(403);
    });

    it('cannot be connected by a page of another site', async () => {
      const alice = await logIn('alice');
      const redirect = await alice.fetch('/source/oauth/login/hub/', { headers: { 'sec-fetch-site': 'cross-site' } });
      expect(redirect.status).toBe(403);
    });
  });

  describe('a source in the middle of a flow', () => {
    async function reachSource(username: string): Promise<Browser> {
      const browser = deployment.browser();
      await browser.solve('second', { uid_field: username });
      const response = await browser.solve('second', { password: 'correct-horse-7' });
      expect(response.body).toMatchObject({ component: 'xak-flow-redirect', to: '/source/oauth/login/hub/' });
      return browser;
    }

    it('continues for the same user after the source login, and no response to the challenge skips it', async () => {
      await connect('alice', 'a2');
      const browser = await reachSource('alice');
      for (const body of [{}, { component: 'xak-flow-redirect' }, { is_restored: { step: 'x' } }]) {
        expect((await browser.solve('second', body)).body).toMatchObject({ to: '/source/oauth/login/hub/' });
      }
      const callback = await signIn(browser, 'hub');
      expect(callback.headers.get('location')).toBe('/if/flow/second/');
      expect((await browser.show('second')).body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
      expect(await usernameOf(browser)).toBe('alice');
    });

    it('continues under a new session key, so that a planted key does not see the plan', async () => {
      await connect('dave', 'planted-again');
      provider.returnUser('planted-again');
      const [attacker, victim] = [deployment.browser(), deployment.browser()];
      await victim.solve('second', { uid_field: 'dave' });
      await victim.solve('second', { password: 'correct-horse-7' });
      attacker.plant(victim.cookie());
      await signIn(victim, 'hub');

      expect(victim.cookie()).not.toBe(attacker.cookie());
      expect((await attacker.show('second')).body).not.toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(attacker)).toBeUndefined();
    });

    it('does not continue for another user or an unknown account', async () => {
      await connect('bob', 'b2');
      for (const identifier of ['b2', 'unknown']) {
        const browser = await reachSource('alice');
        provider.returnUser(identifier, { username: 'whoever' });
        expect((await signIn(browser, 'hub')).text).toContain('has been denied');
        expect((await browser.show('second')).body).toMatchObject({ to: '/source/oauth/login/hub/' });
        expect(await usernameOf(browser)).toBeUndefined();
      }
    });

    it('does not accept an unknown account for a user who was only identified', async () => {
      const browser = deployment.browser();
      await browser.solve('joining', { uid_field: 'carol' });
      provider.returnUser('of-mallory');
      expect((await signIn(browser, 'hub')).text).toContain('has been denied');
      await browser.show('joining');
      expect(await usernameOf(browser)).toBeUndefined();
    });
  });

  describe('Plex', () => {
    const redeem = (browser: Browser, body: object, slug = 'plex') =>
      browser.fetch(`/api/v3/sources/plex/redeem_token/?slug=${slug}`, {
        ...{ method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) },
      });

    it('logs in with a Plex token', async () => {
      provider.returnUser('p1', { username: 'petra' });
      const petra = deployment.browser();
      const redeemed = await redeem(petra, { plex_token: 'token' });
      expect(redeemed.body).toMatchObject({ component: 'xak-flow-redirect', to: '/if/flow/new/' });
      expect((await petra.show('new')).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(petra)).toBe('petra');
      expect(provider.completed.at(-1)).toMatchObject({ proof: { plex_token: 'token' } });
    });

    it('reports a missing token, a source of another kind and a denied account', async () => {
      const missing = await redeem(deployment.browser(), {});
      expect([missing.status, missing.text]).toEqual([400, '["No plex token given"]']);
      expect((await redeem(deployment.browser(), { plex_token: 't' }, 'hub')).status).toBe(404);
      expect((await redeem(deployment.browser(), { plex_token: 't' }, '%00')).status).toBe(404);
      provider.completeReply = { refused: { text: 'Access denied.' } };
      const refused = await redeem(deployment.browser(), { plex_token: 't' });
      expect([refused.status, refused.body]).toEqual([403, { detail: 'Access denied.', code: 'permission_denied' }]);
    });

    it('connects the account of a user who is logged in', async () => {
      provider.returnUser('p2');
      const alice = await logIn('alice');
      const response = await alice.fetch('/api/v3/sources/plex/redeem_token_authenticated/?slug=plex', {
        ...{ method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ plex_token: 't' }) },
      });
      expect(response.status).toBe(204);
      const { results } = (await alice.fetch(CONNECTIONS)).body as { results: { source: { slug: string } }[] };
      expect(results.map(({ source }) => source.slug)).toContain('plex');
    });
  });
});
