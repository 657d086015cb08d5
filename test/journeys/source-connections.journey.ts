import { Logger, NatsBus } from '@gatehouse/platform';
import { serveStages } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages/modules';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
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
import { type Browser, type BrowserResponse, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { FakeProviderService } from '../support/fake-provider-service.js';
import { describeWithNats } from '../support/nats.js';
import { migratedDatabase } from '../support/postgres.js';
import { writing } from '../support/prompts.js';
import { follow, oauthEntry, plexEntry } from '../support/sources.js';

const TOKEN = 'a-token-of-alice-that-is-hard-to-guess-0123456789abcd'; // not-a-secret

/** A source connection is a credential: the owner of the account at the source can log in. */
describeWithNats('a source connection', () => {
  let deployment: Deployment;
  let provider: FakeProviderService;
  let identification: Awaited<ReturnType<typeof serveStages>>['service'];

  beforeAll(async () => {
    const database = await migratedDatabase();
    const entries = blueprint(
      ...[userEntry('alice'), tokenEntry('alice', TOKEN)],
      flowEntries('known', [LOGIN]),
      flowEntries('new', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
      ...[oauthEntry('hub'), plexEntry],
      flowEntries(
        'both',
        [
          { stage: 'source.sourcestage', attrs: { source: keyOf('source hub') } },
          ...[writing('create_when_required'), LOGIN],
        ],
        { designation: 'enrollment' },
      ),
      oauthEntry('outer', { enrollment_flow: keyOf('both'), group_matching_mode: 'name_link' }),
      flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
    );
    deployment = await Deployment.open({
      database,
      services: ['password', 'session', 'enrollment'],
      blueprints: [entries],
    });
    // This process serves the stages of `identification`. The service itself would reply to the source subjects too, in
    // place of the fake provider service.
    vi.stubEnv('DATABASE_URL', database.url);
    const bus = new NatsBus({ NATS_URL: deployment.nats.url });
    const service = { name: 'identification', logger: new Logger(), modules: await stagesOf('identification') };
    identification = (await serveStages({ ...service, bus })).service;
    provider = await FakeProviderService.open(deployment.nats.url);
  }, 120_000);
  afterAll(async () => {
    await provider?.close();
    await identification?.close();
    await deployment?.close();
    vi.unstubAllEnvs();
  });

  async function logIn(): Promise<Browser> {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: 'correct-horse-7' });
    return browser;
  }
  /** Sets the login time of every session to more than CREDENTIAL_PROOF_S ago. */
  const ageLogins = () =>
    deployment.rows(
      `UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - interval '3601 s')`,
    );
  /** Signs in at a source with the account that its provider returns. */
  async function returnFrom(browser: Browser, slug: string): Promise<BrowserResponse> {
    const redirect = await browser.fetch(`/source/oauth/login/${slug}/`);
    const state = new URL(redirect.headers.get('location') ?? '').searchParams.get('state') ?? '';
    return browser.fetch(`/source/oauth/callback/${slug}/?${new URLSearchParams({ state, code: 'c' }).toString()}`);
  }
  function signIn(browser: Browser, identifier: string): Promise<BrowserResponse> {
    provider.returnUser(identifier);
    return returnFrom(browser, 'hub');
  }
  function redeem(browser: Browser, identifier: string, authorization?: string): Promise<BrowserResponse> {
    provider.returnUser(identifier);
    return browser.fetch('/api/v3/sources/plex/redeem_token_authenticated/?slug=plex', {
      ...{ method: 'POST', body: JSON.stringify({ plex_token: 't' }) },
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    });
  }
  const connections = async () =>
    (await deployment.rows<{ identifier: string }>('SELECT identifier FROM identification.connections ORDER BY 1')).map(
      ({ identifier }) => identifier,
    );
  const REFUSED = { status: 403, body: { code: 'proof_required' } };

  it('cannot be created with an API token (accident 55)', async () => {
    expect(await redeem(deployment.browser(), 'p1', `Bearer ${TOKEN}`)).toMatchObject(REFUSED);
    expect(await redeem(await logIn(), 'p1', `Bearer ${TOKEN}`)).toMatchObject(REFUSED);
    expect(await connections()).toEqual([]);
  });

  it('cannot be created after an old login, but an existing connection still logs the user in (accident 55)', async () => {
    const alice = await logIn();
    expect((await signIn(alice, 'a1')).headers.get('location')).toContain('page-sources');
    expect((await redeem(alice, 'p2')).status).toBe(204);
    await ageLogins();

    expect((await signIn(alice, 'a1')).headers.get('location')).toContain('page-sources');
    expect((await signIn(alice, 'a2')).text).toContain('Log out, log in again, and come back.');
    expect(await redeem(alice, 'p3')).toMatchObject(REFUSED);
    expect(await connections()).toEqual(['a1', 'p2']);
  });

  it('can be removed only by a session with a recent login, not by an API token (accident 55)', async () => {
    await deployment.rows('DELETE FROM identification.connections');
    const alice = await logIn();
    await signIn(alice, 'a1');
    const [{ pk }] = (await deployment.rows<{ pk: number }>('SELECT pk FROM identification.connections')) as [
      { pk: number },
    ];
    const remove = (browser: Browser, headers: Record<string, string> = {}) =>
      browser.fetch(`/api/v3/sources/user_connections/all/${pk}/`, { method: 'DELETE', headers });
    const bearer = { authorization: `Bearer ${TOKEN}` };
    expect(await remove(deployment.browser(), bearer)).toMatchObject(REFUSED);
    expect(await remove(alice, bearer)).toMatchObject(REFUSED);
    await ageLogins();
    expect(await remove(alice)).toMatchObject(REFUSED);
    expect(await connections()).toEqual(['a1']);
    expect((await remove(await logIn())).status).toBe(204);
    expect(await connections()).toEqual([]);
  });

  it('is created for each new account of an enrolment, and each source matches groups in its own mode only', async () => {
    await deployment.rows('DELETE FROM identification.connections');
    await deployment.rows(`INSERT INTO directory.groups (name) VALUES ('staff')`);
    const nina = deployment.browser();
    provider.returnUser('at outer', { username: 'nina' }, { crew: { name: 'crew' } });
    await follow(nina, await returnFrom(nina, 'outer'));
    provider.returnUser('at hub', {}, { staff: { name: 'staff' } });
    await follow(nina, await returnFrom(nina, 'hub'));

    expect(await usernameOf(nina)).toBe('nina');
    expect(await connections()).toEqual(['at hub', 'at outer']);
    const groups = `SELECT g.name, s.slug FROM directory.user_groups JOIN directory.groups g ON g.id = group_id
      JOIN directory.source_groups USING (group_id) JOIN identification.sources s ON s.id = source_id`;
    expect(await deployment.rows(groups)).toEqual([{ name: 'crew', slug: 'outer' }]);

    // The plan may have been started with the account of an attacker at the source.
    const planted = deployment.browser();
    provider.returnUser('of mallory', {}, { crew: { name: 'crew' }, staff: { name: 'staff' } });
    await follow(planted, await returnFrom(planted, 'outer'));
    provider.returnUser('at hub', {}, { staff: { name: 'staff' } });
    await follow(planted, await returnFrom(planted, 'hub'));
    expect(await usernameOf(planted)).toBe('nina');
    expect(await connections()).toEqual(['at hub', 'at outer']);
    expect(await deployment.rows(groups)).toEqual([{ name: 'crew', slug: 'outer' }]);
  });

  it('has an owner and an account that nobody can change over HTTP (GHSA-wr38)', async () => {
    const alice = await logIn();
    await signIn(alice, 'a1');
    const stored = () => deployment.rows<{ pk: number }>('SELECT * FROM identification.connections');
    const before = await stored();
    const change = (path: string, method: string) =>
      alice.fetch(`/api/v3/sources/user_connections/${path}/${before[0]?.pk}/`, {
        ...{ method, body: JSON.stringify({ user: 1, identifier: 'a2' }) },
        headers: { 'content-type': 'application/json' },
      });
    for (const method of ['PUT', 'PATCH']) {
      expect((await change('all', method)).status).toBe(405);
      expect((await change('oauth', method)).status).toBe(404);
    }
    expect(await stored()).toEqual(before);
  });
});
