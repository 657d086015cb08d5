import {
  API_VERSIONS,
  type ApiVersion,
  type AttachedStage,
  type PlanContext,
  type StageRequest,
} from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { type PublicSource, PublishedSourceRepository, publicSource } from '@gatehouse/sources';
import { driveStage, stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { identificationContract } from './identification.contract.js';
import { IdentificationStage } from './identification.stage.js';

const alice = {
  kind: 'saved',
  uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01',
  pk: 7,
  username: 'alice',
  name: 'Alice',
  email: 'alice@example.org',
  is_active: true,
  epoch: 1,
  locale: '',
} as const;
const pretendedUser = { kind: 'pretended', username: 'ghost', email: 'ghost' };

/** A user lookup in memory with one user, which records each lookup. */
class InMemoryUserLookup extends UserLookup {
  readonly queries: unknown[] = [];
  async find(...query: Parameters<UserLookup['find']>) {
    this.queries.push(query);
    return query[1].fields.some((field) => field !== 'upn' && alice[field] === query[0]) ? alice : undefined;
  }
  async get(uuid: string) {
    return uuid === alice.uuid ? alice : undefined;
  }
}

interface DriveOptions {
  readonly config?: Record<string, unknown>;
  readonly context?: PlanContext;
  readonly request?: Partial<StageRequest>;
}
/** A repository of sources in memory. */
class InMemorySources extends PublishedSourceRepository {
  constructor(private readonly all: readonly PublicSource[] = []) {
    super({ query: () => Promise.reject(new Error('no database in this test')) });
  }
  override async findEnabled(ids: readonly string[]) {
    return this.all.filter(({ uuid }) => ids.includes(uuid));
  }
}

const drive = (
  { config, ...options }: DriveOptions = {},
  users = new InMemoryUserLookup(),
  sources = new InMemorySources(),
) =>
  driveStage(identificationContract, new IdentificationStage(users, sources), {
    ...options,
    config: { user_fields: ['email', 'username'], ...config },
  });

const passwordStage: AttachedStage = {
  id: 'p',
  name: 'pw',
  kind: 'password',
  model: 'authentik_stages_password.passwordstage',
  config: { allow_show_password: true },
};
const COMBINED: DriveOptions = {
  config: { password_stage: 'p' },
  request: { attached: { password_stage: passwordStage } },
};

/** Returns the part of a request that selects the API line. */
const speaking = (api_version: ApiVersion) => ({ site: { ...stageRequestFixture().site, api_version } });

describe('the identification challenge', () => {
  it('has the user fields and no optional property by default', async () => {
    expect(await drive().show()).toEqual({
      type: 'challenge',
      challenge: {
        user_fields: ['email', 'username'],
        password_fields: false,
        allow_show_password: false,
        ...{ captcha_stage: null, passkey_challenge: null, pending_user_identifier: null },
        flow_designation: 'authentication',
        primary_action: 'Log in',
        sources: [],
        show_source_labels: false,
        enable_remember_me: true,
      },
    });
  });

  it('has a password field as configured in the embedded password stage', async () => {
    expect(await drive(COMBINED).show()).toMatchObject({
      challenge: { password_fields: true, allow_show_password: true },
    });
  });

  it('links to other flows with the form-encoded query of the page', async () => {
    const config = { enrollment_flow: 'join', recovery_flow: 'lost', passwordless_flow: 'key' };
    const request = { query: { next: '/a b?c=d&e', x: 'ü' } };
    const query = '?next=%2Fa+b%3Fc%3Dd%26e&x=%C3%BC';
    expect(await drive({ config, request }).show()).toMatchObject({
      challenge: {
        enroll_url: `/if/flow/join/${query}`,
        recovery_url: `/if/flow/lost/${query}`,
        passwordless_url: `/if/flow/key/${query}`,
      },
    });
    expect(await drive({ config }).show()).toMatchObject({ challenge: { enroll_url: '/if/flow/join/' } });
  });

  it('has the name of the application of the plan', async () => {
    const application = { uuid: alice.uuid, pk: 1, slug: 'app', name: 'The App' };
    expect(await drive({ context: { application } }).show()).toMatchObject({
      challenge: { application_pre: 'The App' },
    });
  });

  it('has the name from the context or the login hint, unless it is empty or too long for an answer', async () => {
    const hint = (login_hint: string) => drive({ request: { query: { login_hint } } }).show();
    for (const name of ['alice', 'x'.repeat(1024)])
      expect(await hint(name)).toMatchObject({ challenge: { pending_user_identifier: name } });
    for (const name of ['', 'x'.repeat(1025)])
      expect(await hint(name)).toMatchObject({ challenge: { pending_user_identifier: null } });
    const options = { context: { pending_user_identifier: 'bob' }, request: { query: { login_hint: 'alice' } } };
    expect(await drive(options).show()).toMatchObject({ challenge: { pending_user_identifier: 'bob' } });
  });

  it('lets the page remember the name as configured, and by default in 2024.8 only', async () => {
    const remembers = async (config: object, api_version: ApiVersion) =>
      (await drive({ config: { ...config }, request: speaking(api_version) }).show()) as object;
    for (const version of API_VERSIONS)
      for (const enable_remember_me of [true, false])
        expect(await remembers({ enable_remember_me }, version)).toMatchObject({ challenge: { enable_remember_me } });
    expect(await remembers({}, '2024.8')).toMatchObject({ challenge: { enable_remember_me: true } });
    expect(await remembers({}, '2026.8')).toMatchObject({ challenge: { enable_remember_me: false } });
  });

  it('labels the button Continue unless the flow is an authentication flow', async () => {
    const request = { flow: { slug: 'r', title: 'R', designation: 'recovery' as const } };
    expect(await drive({ request }).show()).toMatchObject({
      challenge: { primary_action: 'Continue', flow_designation: 'recovery' },
    });
  });

  it('fails if the configured password stage is not attached', async () => {
    const stage = drive({ config: { password_stage: 'p' } });
    await expect(stage.show()).rejects.toThrow('stage_fault: the password stage p is not attached');
    await expect(stage.answer({ uid_field: 'ghost' })).rejects.toThrow('stage_fault');
  });
});

/** A challenge with the login challenges of sources. */
interface SourceLoginReply {
  readonly challenge: { readonly sources: readonly { readonly challenge: object }[] };
  readonly effects: readonly object[];
}

describe('the sources of the challenge', () => {
  const uuid = (n: number) => `41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a0${n}`;
  const oauth = (n: number, fields: object) =>
    publicSource.parse({
      ...{ uuid: uuid(n), model: 'authentik_sources_oauth.oauthsource', slug: `s${n}`, name: `S ${n}` },
      ...{ provider_type: 'discord', consumer_key: 'key', ...fields },
    });
  const plex = publicSource.parse({
    ...{ uuid: uuid(3), model: 'authentik_sources_plex.plexsource', slug: 's3', name: 'Plex', client_id: 'c' },
  });
  const sources = new InMemorySources([oauth(1, {}), oauth(2, { icon: 'hub.png', promoted: true }), plex]);
  const options = { config: { user_fields: [], sources: [uuid(1), uuid(2), uuid(3)] } };

  it('each have an icon and a login challenge', async () => {
    const to = (n: number) => ({ component: 'xak-flow-redirect', to: `/source/oauth/login/s${n}/` });
    expect(await drive(options, undefined, sources).show()).toMatchObject({
      challenge: {
        user_fields: [],
        sources: [
          { name: 'S 1', icon_url: '/static/authentik/sources/discord.svg', challenge: to(1), promoted: false },
          { name: 'S 2', icon_url: '/media/public/hub.png', challenge: to(2), promoted: true },
          { name: 'Plex', challenge: { component: 'ak-source-plex', client_id: 'c', slug: 's3' } },
        ],
      },
    });
  });

  it('keep the query parameter next in their links', async () => {
    const request = { query: { next: '/app/?a=b', other: 'x' } };
    expect(await drive({ ...options, request }, undefined, sources).show()).toMatchObject({
      challenge: { sources: [{ challenge: { to: '/source/oauth/login/s1/?next=%2Fapp%2F%3Fa%3Db' } }, {}, {}] },
    });
  });

  it('are also in the challenge of a rejection', async () => {
    const config = { ...options.config, pretend_user_exists: false };
    const rejected = await drive({ config }, undefined, sources).answer({ uid_field: 'alice' });
    expect(rejected).toMatchObject({ type: 'rejected', challenge: { sources: [{ name: 'S 1' }, {}, {}] } });
  });

  it('have a new OAuth state for each Apple login, which an effect passes to the gateway', async () => {
    const apple = oauth(4, { provider_type: 'apple', consumer_key: 'org.example;team;key' });
    const stage = drive({ config: { sources: [uuid(4)] } }, undefined, new InMemorySources([apple]));
    const states = [await stage.show(), await stage.show()].map((reply) => {
      const { challenge, effects } = reply as unknown as SourceLoginReply;
      const [step] = challenge.sources;
      expect(step?.challenge).toMatchObject({
        ...{ component: 'ak-source-oauth-apple', client_id: 'org.example', scope: 'name email' },
        redirect_uri: 'https://id.example.org/source/oauth/callback/s4/',
      });
      const { state } = step!.challenge as { state: string };
      expect(effects).toEqual([{ type: 'source_login', source: uuid(4), state }]);
      return state;
    });
    expect(new Set(states).size).toBe(2);
  });
});

describe('a response', () => {
  it('looks up the trimmed identifier in the configured fields', async () => {
    const users = new InMemoryUserLookup();
    await drive({ config: { user_fields: ['upn'], case_insensitive_matching: false } }, users).answer({
      uid_field: ' x ',
    });
    await drive({ config: { user_fields: null } }, users).answer({ uid_field: 'alice' });
    expect(users.queries).toEqual([
      ['x', { fields: ['upn'], caseInsensitive: false }],
      ['alice', { fields: [], caseInsensitive: true }],
    ]);
  });

  it('makes the found user the pending user', async () => {
    const config = { pretend_user_exists: false };
    expect(await drive({ config }).answer({ uid_field: alice.email })).toEqual({
      type: 'passed',
      context: { pending_user: alice },
    });
  });

  it('saves the typed identifier, to be shown instead of the username, if show_matched_user is false', async () => {
    const config = { pretend_user_exists: false, show_matched_user: false };
    expect(await drive({ config }).answer({ uid_field: alice.email })).toMatchObject({
      context: { pending_user_identifier: alice.email },
    });
  });

  it('is rejected without a valid identifier', async () => {
    for (const uid_field of [undefined, null, '', '  ', [], {}, true, 'a\0b', 'x'.repeat(1025)]) {
      const reply = await drive().answer(uid_field === undefined ? {} : { uid_field });
      expect(reply).toMatchObject({ type: 'rejected', errors: { uid_field: [{ code: expect.any(String) }] } });
    }
  });
});

describe('an unknown identifier', () => {
  const reputation = [{ type: 'reputation', identifier: 'ghost', delta: -1 }];
  const reveal = { pretend_user_exists: false };

  it('passes with a pretended user and the same form of reply if pretend_user_exists is true', async () => {
    const known = await drive().answer({ uid_field: 'alice' });
    const unknown = await drive().answer({ uid_field: 'ghost' });
    expect(known).toEqual({ type: 'passed', context: { pending_user: alice, pending_user_identifier: 'alice' } });
    expect(unknown).toEqual({
      type: 'passed',
      context: { pending_user: pretendedUser, pending_user_identifier: 'ghost' },
    });
  });

  it('is rejected if pretend_user_exists is false, with a pretended user for policies and restarts', async () => {
    expect(await drive({ config: reveal }).answer({ uid_field: 'ghost' })).toMatchObject({
      type: 'rejected',
      errors: { non_field_errors: [{ code: 'identification_failed' }] },
      context: { pending_user: pretendedUser },
      effects: reputation,
    });
  });

  it('passes if a password stage is embedded, which records the failed login', async () => {
    for (const pretend_user_exists of [true, false]) {
      const options = { ...COMBINED, config: { ...COMBINED.config, pretend_user_exists } };
      const reply = await drive(options).answer({ uid_field: 'ghost', password: 'p' });
      expect(reply).toMatchObject({ type: 'passed', context: { pending_user: pretendedUser } });
      expect(reply).not.toHaveProperty('effects');
    }
  });

  it('takes as many user lookups as a known identifier', async () => {
    const [known, unknown] = [new InMemoryUserLookup(), new InMemoryUserLookup()];
    await drive(COMBINED, known).answer({ uid_field: 'alice', password: 'p' });
    await drive(COMBINED, unknown).answer({ uid_field: 'ghost', password: 'p' });
    expect(unknown.queries.length).toBe(known.queries.length);
  });
});
