import { Logger, NatsBus } from '@gatehouse/platform';
import { serveStages } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  blueprint,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { FakeProviderService } from '../support/fake-provider-service.js';
import { describeWithNats } from '../support/nats.js';
import { migratedDatabase } from '../support/postgres.js';
import { writing } from '../support/prompts.js';
import { oauthEntry, plexEntry } from '../support/sources.js';

const TOKEN = 'a-token-of-alice-that-nobody-guesses-0123456789abcdef';

/** A connection is a credential: whoever has the account at the source can log in. */
describeWithNats('a new connection with a source', () => {
  let house: Deployment;
  let provider: FakeProviderService;
  let identification: Awaited<ReturnType<typeof serveStages>>['service'];

  beforeAll(async () => {
    const database = await migratedDatabase();
    const entries = blueprint(
      ...[userEntry('alice'), tokenEntry('alice', TOKEN)],
      flowEntries('known', [LOGIN]),
      flowEntries('new', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
      ...[oauthEntry('hub'), plexEntry],
      flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
    );
    house = await Deployment.open({ database, services: ['password', 'session', 'enrollment'], blueprints: [entries] });
    // Served here, so that the stand-in alone answers for providers.
    vi.stubEnv('DATABASE_URL', database.url);
    const bus = new NatsBus({ NATS_URL: house.nats.url });
    const served = { name: 'identification', logger: new Logger('test'), modules: await stagesOf('identification') };
    identification = (await serveStages({ ...served, bus })).service;
    provider = await FakeProviderService.open(house.nats.url);
  }, 120_000);
  afterAll(async () => {
    await provider?.close();
    await identification?.close();
    await house?.close();
    vi.unstubAllEnvs();
  });

  async function login(): Promise<Browser> {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: 'correct-horse-7' });
    return browser;
  }
  /** Lets every session look as if its user had logged in more than CREDENTIAL_PROOF_S ago. */
  const age = () =>
    house.rows(`UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - interval '3601 s')`);
  /** Signs in at a source, as the account that its provider knows now. */
  async function visit(browser: Browser, identifier: string): Promise<BrowserResponse> {
    provider.knows(identifier);
    const sent = await browser.fetch('/source/oauth/login/hub/');
    const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state') ?? '';
    return browser.fetch(`/source/oauth/callback/hub/?${new URLSearchParams({ state, code: 'c' }).toString()}`);
  }
  function redeem(browser: Browser, identifier: string, authorization?: string): Promise<BrowserResponse> {
    provider.knows(identifier);
    return browser.fetch('/api/v3/sources/plex/redeem_token_authenticated/?slug=plex', {
      ...{ method: 'POST', body: JSON.stringify({ plex_token: 't' }) },
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    });
  }
  const connected = async () =>
    (await house.rows<{ identifier: string }>('SELECT identifier FROM identification.connections ORDER BY 1')).map(
      ({ identifier }) => identifier,
    );
  const REFUSED = { status: 403, body: { code: 'proof_required' } };

  it('is not made on the word of an API token', async () => {
    expect(await redeem(house.browser(), 'p1', `Bearer ${TOKEN}`)).toMatchObject(REFUSED);
    expect(await redeem(await login(), 'p1', `Bearer ${TOKEN}`)).toMatchObject(REFUSED);
    expect(await connected()).toEqual([]);
  });

  it('is not made by a session whose login is old, which goes on with the connections that it has (accident 55)', async () => {
    const alice = await login();
    expect((await visit(alice, 'a1')).headers.get('location')).toContain('page-sources');
    expect((await redeem(alice, 'p2')).status).toBe(204);
    await age();

    expect((await visit(alice, 'a1')).headers.get('location')).toContain('page-sources');
    expect((await visit(alice, 'a2')).text).toContain('Log out, log in again, and come back.');
    expect(await redeem(alice, 'p3')).toMatchObject(REFUSED);
    expect(await connected()).toEqual(['a1', 'p2']);
  });

  it('is removed by a session whose login is recent, and not by another session or an API token', async () => {
    await house.rows('DELETE FROM identification.connections');
    const alice = await login();
    await visit(alice, 'a1');
    const [{ pk }] = (await house.rows<{ pk: number }>('SELECT pk FROM identification.connections')) as [
      { pk: number },
    ];
    const remove = (browser: Browser, headers: Record<string, string> = {}) =>
      browser.fetch(`/api/v3/sources/user_connections/all/${pk}/`, { method: 'DELETE', headers });
    const bearer = { authorization: `Bearer ${TOKEN}` };
    expect(await remove(house.browser(), bearer)).toMatchObject(REFUSED);
    expect(await remove(alice, bearer)).toMatchObject(REFUSED);
    await age();
    expect(await remove(alice)).toMatchObject(REFUSED);
    expect(await connected()).toEqual(['a1']);
    expect((await remove(await login())).status).toBe(204);
    expect(await connected()).toEqual([]);
  });
});
