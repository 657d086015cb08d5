import type { DirectoryUser } from '@gatehouse/directory';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { oauthSource } from '../../libs/providers/testing/login-harness.js';
import { describeWithNats, startNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { startProcess } from '../support/processes.js';
import { register } from './directory.js';
import { describeStageProtocol } from './protocol-conformance.js';
import { CLEAN_EXIT, ServiceHarness } from './service-harness.js';

const RESPOND = 'stage.identification.respond';

describeWithNats('the identification service', () => {
  let harness: ServiceHarness;
  let database: FreshDatabase;
  let alice: DirectoryUser;

  beforeAll(async () => {
    [harness, database] = await Promise.all([ServiceHarness.open(), migratedDatabase()]);
    [alice] = (await register(database.url, [{ username: 'alice', email: 'a@example.org' }])) as [DirectoryUser];
    await harness.start('identification', { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await harness?.close();
    await database?.drop();
  });

  describeStageProtocol(() => harness, {
    kinds: ['identification'],
    others: ['password', 'user_login', 'deny', 'dummy'],
  });

  const config = { user_fields: ['username', 'email'], pretend_user_exists: false };
  const answer = (response: object) =>
    harness.request(RESPOND, stageRequestFixture({ config, response: { ...response } }));

  it('returns the challenge of the identification stage', async () => {
    expect(await harness.request('stage.identification.challenge', stageRequestFixture({ config }))).toMatchObject({
      type: 'challenge',
      challenge: { user_fields: ['username', 'email'], primary_action: 'Log in' },
    });
  });

  it('finds a user in the directory', async () => {
    expect(await answer({ uid_field: 'A@Example.org' })).toEqual({
      type: 'passed',
      context: {
        pending_user: {
          ...{ kind: 'saved', uuid: alice.uuid, pk: alice.pk, username: 'alice', name: '', email: 'a@example.org' },
          ...{ is_active: true, epoch: expect.any(Number), locale: '' },
        },
      },
    });
  });

  it('rejects an unknown user, and a response without an identifier', async () => {
    expect(await answer({ uid_field: 'ghost' })).toMatchObject({
      type: 'rejected',
      errors: { non_field_errors: [{ code: 'identification_failed' }] },
    });
    expect(await answer({})).toMatchObject({ type: 'rejected', errors: { uid_field: [{ code: 'required' }] } });
  });

  it('starts logins at sources, refuses an unusable source, and answers a malformed request with a problem', async () => {
    const [state, redirect_uri] = ['s'.repeat(40), 'https://id.example.org/source/oauth/callback/there/'];
    const begin = (source: unknown) =>
      harness.request('sources.begin', { v: 1, timeout_ms: CLEAN_EXIT, source, redirect_uri, state });
    expect(await begin(oauthSource({ provider_type: 'discord' }))).toEqual({
      to: expect.stringMatching(/^https:\/\/discord\.com\/oauth2\/authorize\?/),
      kept: { verifier: expect.any(String) },
    });
    expect(await begin(oauthSource({ provider_type: 'okta', name: 'Okta' }))).toEqual({
      refused: { text: expect.any(String), params: { source: 'Okta' }, wire: 'misconfigured' },
    });
    const keys = { v: 1, timeout_ms: CLEAN_EXIT, url: 'https://127.0.0.1/jwks' };
    expect(await harness.request('sources.keys', keys)).toEqual({
      unavailable: expect.stringContaining('SOURCE_HOSTS'),
    });
    for (const subject of ['sources.begin', 'sources.complete', 'sources.keys'])
      for (const bad of ['{', {}, { v: 1, consumer_secret: 'hush' }])
        expect(await harness.request(subject, bad)).toEqual({ problem: { code: 'stage_bad_request' } });
  });

  it('answers each request once with two replicas, and loses none while they stop', async () => {
    await harness.start('identification', { DATABASE_URL: database.url });
    const requests = Array.from({ length: 50 }, (_, i) =>
      stageRequestFixture({ config, response: { uid_field: `ghost ${i}` } }),
    );
    const replies = await harness.flood(RESPOND, requests, async () => {
      expect(await harness.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
    });
    const users = replies.map((reply) => ('context' in reply ? reply.context?.['pending_user'] : undefined));
    expect(new Set(users.map((user) => (user as { username: string }).username)).size).toBe(50);
    expect(replies).toHaveLength(50);
  });
});

describeWithNats('an identification service without a database', () => {
  it('refuses to start without a required setting, and names it', async () => {
    const nats = await startNats();
    const entry = new URL('../../dist/apps/identification/src/main.js', import.meta.url).pathname;
    await expect(startProcess(entry, { NATS_URL: nats.url }, { ready: /"serving"/ })).rejects.toThrow(
      /identification: the environment has invalid settings:\n\s+DATABASE_URL/,
    );
    await nats.stop();
  });
});
