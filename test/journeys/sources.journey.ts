import { Logger, NatsBus } from '@gatehouse/platform';
import { serveStages } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { blueprint } from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { FakeProviderService } from '../support/fake-provider-service.js';
import { describeWithNats } from '../support/nats.js';
import { migratedDatabase } from '../support/postgres.js';
import { changedSource, follow, SOURCES } from '../support/sources.js';

const CALLBACK = '/source/oauth/callback';
const CONNECTIONS = '/api/v3/sources/user_connections/all/';
const JSON_TYPE = { 'content-type': 'application/json' };

describeWithNats('people from sources', () => {
  let house: Deployment;
  let provider: FakeProviderService;
  let identification: Awaited<ReturnType<typeof serveStages>>['service'];

  beforeAll(async () => {
    const database = await migratedDatabase();
    house = await Deployment.open({ database, services: ['password', 'session', 'enrollment'], blueprints: [SOURCES] });
    // Runs in this process, so that only the stand-in answers for providers.
    vi.stubEnv('DATABASE_URL', database.url);
    const served = { name: 'identification', logger: new Logger('test'), modules: await stagesOf('identification') };
    identification = (await serveStages({ ...served, bus: new NatsBus({ NATS_URL: house.nats.url }) })).service;
    provider = await FakeProviderService.open(house.nats.url);
  }, 120_000);
  afterAll(async () => {
    await provider?.close();
    await identification?.close();
    await house?.close();
    vi.unstubAllEnvs();
  });
  beforeEach(() => {
    provider.says = { refused: { text: 'Nobody.' } };
  });

  /** Sets out for a source; the state that its provider hears. */
  async function setOut(browser: Browser, slug: string, query = ''): Promise<string> {
    const sent = await browser.fetch(`/source/oauth/login/${slug}/${query}`);
    expect(sent.status).toBe(302);
    return new URL(sent.headers.get('location') ?? '').searchParams.get('state') ?? '';
  }
  const comeBack = (browser: Browser, slug: string, state: string) =>
    browser.fetch(`${CALLBACK}/${slug}/?${new URLSearchParams({ state, code: 'c' }).toString()}`);
  const visit = async (browser: Browser, slug: string, query = '') =>
    comeBack(browser, slug, await setOut(browser, slug, query));
  async function login(username: string): Promise<Browser> {
    const browser = house.browser();
    await browser.solve('login', { uid_field: username });
    await browser.solve('login', { password: 'correct-horse-7' });
    return browser;
  }
  async function connected(username: string, identifier: string, slug = 'hub'): Promise<void> {
    provider.knows(identifier);
    expect((await visit(await login(username), slug)).headers.get('location')).toContain('page-sources');
  }

  describe('who set out', () => {
    it('are enrolled where they are new, and logged in where they are known, to where they were going', async () => {
      provider.knows(
        'n1',
        { username: 'nina', name: 'Nina', email: 'nina@example.org' },
        { g: { name: 'hub people' } },
      );
      const nina = house.browser();
      const enrolled = await follow(nina, await visit(nina, 'hub', '?next=%2Fapp%2F'));
      expect(enrolled.body).toMatchObject({ component: 'xak-flow-redirect', to: '/app/' });
      expect(await usernameOf(nina)).toBe('nina');
      const [row] = await house.rows(`SELECT name, email, path FROM directory.users WHERE username = 'nina'`);
      expect(row).toEqual({ name: 'Nina', email: 'nina@example.org', path: 'goauthentik.io/sources/hub' });

      provider.knows('n1', { username: 'another name' }, { g: { name: 'hub people' } });
      const again = house.browser();
      expect((await follow(again, await visit(again, 'hub'))).body).toMatchObject({ to: '/if/user/' });
      expect(await usernameOf(again)).toBe('nina');
      const groups = `SELECT g.name FROM directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id
        JOIN directory.users u ON u.id = ug.user_id WHERE u.username = 'nina'`;
      expect(await house.rows(groups)).toEqual([{ name: 'hub people' }]);
    });

    it('leave nothing to the key of a session that was planted in their browser', async () => {
      await connected('carol', 'planted');
      provider.knows('planted');
      const [attacker, victim] = [house.browser(), house.browser()];
      await attacker.show('login');
      victim.plant(attacker.cookie());
      const led = await visit(victim, 'hub');

      await attacker.show('known');
      expect(await usernameOf(attacker)).toBeUndefined();
      expect((await follow(victim, led)).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(victim)).toBe('carol');
    });

    it('send their provider what it is to know, and hand back what was kept, once, in their own session', async () => {
      provider.knows('n2', { username: 'once' });
      const browser = house.browser();
      const state = await setOut(browser, 'hub');
      const began = provider.began.at(-1);
      const redirect_uri = `${house.url}${CALLBACK}/hub/`;
      expect(began).toMatchObject({ state, redirect_uri, source: { slug: 'hub', consumer_secret: 'secret' } });
      const other = await comeBack(house.browser(), 'hub', state);
      expect(other.text).toContain('State check failed.');
      const asked = provider.completed.length;
      const back = await Promise.all([comeBack(browser, 'hub', state), comeBack(browser, 'hub', state)]);
      expect(new Set(back.map(({ status }) => status))).toEqual(new Set([200, 302]));
      expect(provider.completed.slice(asked)).toMatchObject([
        { proof: { state, redirect_uri, kept: { nonce: `for ${state}` }, answer: { code: 'c' } } },
      ]);
    });

    it('come back to the source that they set out for, and to no other', async () => {
      provider.knows('n3', { username: 'mixed' });
      const browser = house.browser();
      const back = await comeBack(browser, 'mail', await setOut(browser, 'hub'));
      expect(back.text).toContain('State check failed.');
    });

    it('may come back by a form of another site, which brings no session', async () => {
      provider.knows('n4', { username: 'posted' });
      const browser = house.browser();
      const state = await setOut(browser, 'hub');
      const posted = await house.browser().fetch(`${CALLBACK}/hub/`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://appleid.apple.com' },
        body: new URLSearchParams({ state, code: 'c', user: '{"name":{}}' }).toString(),
      });
      expect(posted.status).toBe(303);
      const back = await browser.fetch(posted.headers.get('location') ?? '');
      expect((await follow(browser, back)).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(provider.completed.at(-1)).toMatchObject({ proof: { answer: { user: '{"name":{}}' } } });
    });

    it('read why their provider lets them in to nothing', async () => {
      provider.says = { refused: { text: 'The provider says no.' } };
      const browser = house.browser();
      const back = await visit(browser, 'hub');
      expect(back.status).toBe(200);
      expect(back.text).toContain('The provider says no.');
      expect(await usernameOf(browser)).toBeUndefined();
    });
  });

  describe('a source', () => {
    it('that is switched off meanwhile lets nobody in any more, at once', async () => {
      provider.knows('n5', { username: 'late' });
      const browser = house.browser();
      const state = await setOut(browser, 'hub');
      await house.apply(blueprint(changedSource('hub', { enabled: false })));
      try {
        expect((await comeBack(browser, 'hub', state)).status).toBe(404);
        expect((await browser.fetch('/source/oauth/login/hub/')).status).toBe(404);
        expect((await browser.show('buttons')).body['sources']).toEqual([]);
      } finally {
        await house.apply(blueprint(changedSource('hub', { enabled: true })));
      }
    });

    it('that enrols nobody says so', async () => {
      provider.knows('n6', { username: 'unwanted' });
      const back = await visit(house.browser(), 'bare');
      expect(back.status).toBe(400);
      expect(back.text).toContain('Source is not configured for enrollment.');
    });

    it('links by an address, but not by one that it says is not verified', async () => {
      const email = 'bob@example.org';
      provider.knows('b1', { email, email_verified: false });
      expect((await visit(house.browser(), 'mail')).text).toContain('has been denied');
      provider.knows('b1', { email });
      const bob = house.browser();
      expect((await follow(bob, await visit(bob, 'mail'))).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(bob)).toBe('bob');
      provider.knows('b1', { email, email_verified: false });
      expect((await visit(house.browser(), 'mail')).headers.get('location')).toContain('/if/flow/known/');
    });

    it('lets nobody in who is disabled, however they are known', async () => {
      provider.knows('i1', { email: 'idle@example.org' });
      expect((await visit(house.browser(), 'mail')).text).toContain('has been denied');
      await house.rows(`INSERT INTO identification.connections (source_id, identifier, user_id)
        SELECT s.id, 'i1', u.id FROM identification.sources s, directory.users u WHERE s.slug = 'hub' AND u.username = 'idle'`);
      expect((await visit(house.browser(), 'hub')).text).toContain('has been denied');
    });
  });

  describe('who is logged in', () => {
    it('connects themselves, sees what is connected, and removes only their own', async () => {
      const alice = await login('alice');
      provider.knows('a1');
      expect((await visit(alice, 'hub')).headers.get('location')).toBe('/if/user/#/settings;page-sources');
      const { results } = (await alice.fetch(CONNECTIONS)).body as { results: { pk: number; source: object }[] };
      const kind = { component: 'ak-source-oauth-form', meta_model_name: 'authentik_sources_oauth.oauthsource' };
      expect(results).toMatchObject([{ source: { ...kind, slug: 'hub', name: 'Hub hub', icon: expect.any(String) } }]);
      const bob = await login('bob');
      expect((await visit(bob, 'hub')).text).toContain('is connected with another user');
      const address = `${CONNECTIONS}${results[0]!.pk}/`;
      expect((await bob.fetch(address, { method: 'DELETE' })).status).toBe(404);
      expect((await alice.fetch(address, { method: 'DELETE', headers: { 'x-authentik-csrf': 'x' } })).status).toBe(403);
      expect((await alice.fetch(address, { method: 'DELETE' })).status).toBe(204);
      expect((await alice.fetch(CONNECTIONS)).body).toMatchObject({ results: [] });
      expect((await house.browser().fetch(CONNECTIONS)).status).toBe(403);
    });

    it('is connected with nothing by a foreign page', async () => {
      const alice = await login('alice');
      const sent = await alice.fetch('/source/oauth/login/hub/', { headers: { 'sec-fetch-site': 'cross-site' } });
      expect(sent.status).toBe(403);
    });
  });

  describe('a source in the middle of a flow', () => {
    async function toSource(username: string): Promise<Browser> {
      const browser = house.browser();
      await browser.solve('second', { uid_field: username });
      const asked = await browser.solve('second', { password: 'correct-horse-7' });
      expect(asked.body).toMatchObject({ component: 'xak-flow-redirect', to: '/source/oauth/login/hub/' });
      return browser;
    }

    it('goes on for the same user, and no answer passes it', async () => {
      await connected('alice', 'a2');
      const browser = await toSource('alice');
      for (const body of [{}, { component: 'xak-flow-redirect' }, { is_restored: { step: 'x' } }]) {
        expect((await browser.solve('second', body)).body).toMatchObject({ to: '/source/oauth/login/hub/' });
      }
      const back = await visit(browser, 'hub');
      expect(back.headers.get('location')).toBe('/if/flow/second/');
      expect((await browser.show('second')).body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
      expect(await usernameOf(browser)).toBe('alice');
    });

    it('goes on under a new key, so that whoever planted the old one sees nothing of it', async () => {
      await connected('dave', 'planted-again');
      provider.knows('planted-again');
      const [attacker, victim] = [house.browser(), house.browser()];
      await victim.solve('second', { uid_field: 'dave' });
      await victim.solve('second', { password: 'correct-horse-7' });
      attacker.plant(victim.cookie());
      await visit(victim, 'hub');

      expect(victim.cookie()).not.toBe(attacker.cookie());
      expect((await attacker.show('second')).body).not.toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(attacker)).toBeUndefined();
    });

    it('goes on for nobody else: not for another user, and not for somebody unknown', async () => {
      await connected('bob', 'b2');
      for (const identifier of ['b2', 'unknown']) {
        const browser = await toSource('alice');
        provider.knows(identifier, { username: 'whoever' });
        expect((await visit(browser, 'hub')).text).toContain('has been denied');
        expect((await browser.show('second')).body).toMatchObject({ to: '/source/oauth/login/hub/' });
        expect(await usernameOf(browser)).toBeUndefined();
      }
    });
  });

  describe('Plex', () => {
    const redeem = (browser: Browser, body: object, slug = 'plex') =>
      browser.fetch(`/api/v3/sources/plex/redeem_token/?slug=${slug}`, {
        ...{ method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) },
      });

    it('signs in by a token that its page brings', async () => {
      provider.knows('p1', { username: 'petra' });
      const petra = house.browser();
      const redeemed = await redeem(petra, { plex_token: 'token' });
      expect(redeemed.body).toMatchObject({ component: 'xak-flow-redirect', to: '/if/flow/new/' });
      expect((await petra.show('new')).body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(petra)).toBe('petra');
      expect(provider.completed.at(-1)).toMatchObject({ proof: { plex_token: 'token' } });
    });

    it('is told of what is no token, of a source that is none of it, and of who may not come in', async () => {
      const missing = await redeem(house.browser(), {});
      expect([missing.status, missing.text]).toEqual([400, '["No plex token given"]']);
      expect((await redeem(house.browser(), { plex_token: 't' }, 'hub')).status).toBe(404);
      expect((await redeem(house.browser(), { plex_token: 't' }, '%00')).status).toBe(404);
      provider.says = { refused: { text: 'Access denied.' } };
      const refused = await redeem(house.browser(), { plex_token: 't' });
      expect([refused.status, refused.body]).toEqual([403, { detail: 'Access denied.', code: 'permission_denied' }]);
    });

    it('connects who is logged in', async () => {
      provider.knows('p2');
      const alice = await login('alice');
      const asked = await alice.fetch('/api/v3/sources/plex/redeem_token_authenticated/?slug=plex', {
        ...{ method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ plex_token: 't' }) },
      });
      expect(asked.status).toBe(204);
      const { results } = (await alice.fetch(CONNECTIONS)).body as { results: { source: { slug: string } }[] };
      expect(results.map(({ source }) => source.slug)).toContain('plex');
    });
  });
});
