import type { AttachedStage, PlanContext, StageRequest } from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { type PublicSource, PublishedSourceRepository, publicSource } from '@gatehouse/sources';
import { driveStage } from '@gatehouse/stage-kit/testing';
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
const stranger = { kind: 'pretended', username: 'ghost', email: 'ghost' };

/** A register in memory of one user, that keeps what it was asked. */
class OneUser extends UserLookup {
  readonly asked: unknown[] = [];
  async find(...question: Parameters<UserLookup['find']>) {
    this.asked.push(question);
    return question[1].fields.some((field) => field !== 'upn' && alice[field] === question[0]) ? alice : undefined;
  }
  async get(uuid: string) {
    return uuid === alice.uuid ? alice : undefined;
  }
}

interface Given {
  readonly config?: Record<string, unknown>;
  readonly context?: PlanContext;
  readonly request?: Partial<StageRequest>;
}
/** Sources in memory. */
class InMemorySources extends PublishedSourceRepository {
  constructor(private readonly all: readonly PublicSource[] = []) {
    super({ query: () => Promise.reject(new Error('no database in this test')) });
  }
  override async findEnabled(ids: readonly string[]) {
    return this.all.filter(({ uuid }) => ids.includes(uuid));
  }
}

const drive = ({ config, ...given }: Given = {}, users = new OneUser(), sources = new InMemorySources()) =>
  driveStage(identificationContract, new IdentificationStage(users, sources), {
    ...given,
    config: { user_fields: ['email', 'username'], ...config },
  });

const passwordStage: AttachedStage = {
  id: 'p',
  name: 'pw',
  kind: 'password',
  model: 'authentik_stages_password.passwordstage',
  config: { allow_show_password: true },
};
const COMBINED: Given = { config: { password_stage: 'p' }, request: { attached: { password_stage: passwordStage } } };

describe('the identification challenge', () => {
  it('says what it takes, and no more, by default', async () => {
    expect(await drive().show()).toEqual({
      type: 'challenge',
      challenge: {
        user_fields: ['email', 'username'],
        password_fields: false,
        allow_show_password: false,
        flow_designation: 'authentication',
        primary_action: 'Log in',
        sources: [],
        show_source_labels: false,
      },
    });
  });

  it('offers a password field and its button as the attached stage says', async () => {
    expect(await drive(COMBINED).show()).toMatchObject({
      challenge: { password_fields: true, allow_show_password: true },
    });
  });

  it('links to the other flows with the query kept, form-encoded', async () => {
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

  it('names the application that is waiting', async () => {
    const application = { uuid: alice.uuid, pk: 1, slug: 'app', name: 'The App' };
    expect(await drive({ context: { application } }).show()).toMatchObject({
      challenge: { application_pre: 'The App' },
    });
  });

  it('continues rather than logs in where the flow is for something else', async () => {
    const request = { flow: { slug: 'r', title: 'R', designation: 'recovery' as const } };
    expect(await drive({ request }).show()).toMatchObject({
      challenge: { primary_action: 'Continue', flow_designation: 'recovery' },
    });
  });

  it('fails loudly rather than let anybody pass when its password stage is missing', async () => {
    const stage = drive({ config: { password_stage: 'p' } });
    await expect(stage.show()).rejects.toThrow('stage_fault: the password stage p is not attached');
    await expect(stage.answer({ uid_field: 'ghost' })).rejects.toThrow('stage_fault');
  });
});

/** A challenge with which logins at sources begin. */
interface Begun {
  readonly challenge: { readonly sources: readonly { readonly challenge: object }[] };
  readonly effects: readonly object[];
}

describe('the sources beside it', () => {
  const uuid = (n: number) => `41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a0${n}`;
  const oauth = (n: number, more: object) =>
    publicSource.parse({
      ...{ uuid: uuid(n), model: 'authentik_sources_oauth.oauthsource', slug: `s${n}`, name: `S ${n}` },
      ...{ provider_type: 'discord', consumer_key: 'key', ...more },
    });
  const plex = publicSource.parse({
    ...{ uuid: uuid(3), model: 'authentik_sources_plex.plexsource', slug: 's3', name: 'Plex', client_id: 'c' },
  });
  const sources = new InMemorySources([oauth(1, {}), oauth(2, { icon: 'hub.png' }), plex]);
  const given = { config: { user_fields: [], sources: [uuid(1), uuid(2), uuid(3)] } };

  it('are buttons, each with its picture and its own login challenge', async () => {
    const to = (n: number) => ({ component: 'xak-flow-redirect', to: `/source/oauth/login/s${n}/` });
    expect(await drive(given, undefined, sources).show()).toMatchObject({
      challenge: {
        user_fields: [],
        sources: [
          { name: 'S 1', icon_url: '/static/authentik/sources/discord.svg', challenge: to(1) },
          { name: 'S 2', icon_url: '/media/public/hub.png', challenge: to(2) },
          { name: 'Plex', challenge: { component: 'ak-source-plex', client_id: 'c', slug: 's3' } },
        ],
      },
    });
  });

  it('lead to where the visitor was going', async () => {
    const request = { query: { next: '/app/?a=b', other: 'x' } };
    expect(await drive({ ...given, request }, undefined, sources).show()).toMatchObject({
      challenge: { sources: [{ challenge: { to: '/source/oauth/login/s1/?next=%2Fapp%2F%3Fa%3Db' } }, {}, {}] },
    });
  });

  it('stay where an answer is refused, which finds nobody without fields', async () => {
    const config = { ...given.config, pretend_user_exists: false };
    const refused = await drive({ config }, undefined, sources).answer({ uid_field: 'alice' });
    expect(refused).toMatchObject({ type: 'rejected', challenge: { sources: [{ name: 'S 1' }, {}, {}] } });
  });

  it('begin a login at Apple with a state of its own each time, which the gateway is told', async () => {
    const apple = oauth(4, { provider_type: 'apple', consumer_key: 'org.example;team;key' });
    const stage = drive({ config: { sources: [uuid(4)] } }, undefined, new InMemorySources([apple]));
    const seen = [await stage.show(), await stage.show()].map((reply) => {
      const { challenge, effects } = reply as unknown as Begun;
      const [step] = challenge.sources;
      expect(step?.challenge).toMatchObject({
        ...{ component: 'ak-source-oauth-apple', client_id: 'org.example', scope: 'name email' },
        redirect_uri: 'https://id.example.org/source/oauth/callback/s4/',
      });
      const { state } = step!.challenge as { state: string };
      expect(effects).toEqual([{ type: 'source_login', source: uuid(4), state }]);
      return state;
    });
    expect(new Set(seen).size).toBe(2);
  });
});

describe('identifying', () => {
  it('asks the register for the trimmed text in the configured fields', async () => {
    const users = new OneUser();
    await drive({ config: { user_fields: ['upn'], case_insensitive_matching: false } }, users).answer({
      uid_field: ' x ',
    });
    await drive({ config: { user_fields: null } }, users).answer({ uid_field: 'alice' });
    expect(users.asked).toEqual([
      ['x', { fields: ['upn'], caseInsensitive: false }],
      ['alice', { fields: [], caseInsensitive: true }],
    ]);
  });

  it('makes the user it finds the pending user', async () => {
    const config = { pretend_user_exists: false };
    expect(await drive({ config }).answer({ uid_field: alice.email })).toEqual({
      type: 'passed',
      context: { pending_user: alice },
    });
  });

  it('shows the typed text in place of the user when told to', async () => {
    const config = { pretend_user_exists: false, show_matched_user: false };
    expect(await drive({ config }).answer({ uid_field: alice.email })).toMatchObject({
      context: { pending_user_identifier: alice.email },
    });
  });

  it('refuses answers without an identifier', async () => {
    for (const uid_field of [undefined, null, '', '  ', [], {}, true, 'a\0b', 'x'.repeat(1025)]) {
      const reply = await drive().answer(uid_field === undefined ? {} : { uid_field });
      expect(reply).toMatchObject({ type: 'rejected', errors: { uid_field: [{ code: expect.any(String) }] } });
    }
  });
});

describe('an unknown identifier', () => {
  const counted = [{ type: 'reputation', identifier: 'ghost', delta: -1 }];
  const reveal = { pretend_user_exists: false };

  it('goes on as a stand-in where the flow pretends, in the shape of a known one', async () => {
    const known = await drive().answer({ uid_field: 'alice' });
    const unknown = await drive().answer({ uid_field: 'ghost' });
    expect(known).toEqual({ type: 'passed', context: { pending_user: alice, pending_user_identifier: 'alice' } });
    expect(unknown).toEqual({
      type: 'passed',
      context: { pending_user: stranger, pending_user_identifier: 'ghost' },
    });
  });

  it('is refused where the flow does not pretend, and is kept for policies and restarts', async () => {
    expect(await drive({ config: reveal }).answer({ uid_field: 'ghost' })).toMatchObject({
      type: 'rejected',
      errors: { non_field_errors: [{ code: 'identification_failed' }] },
      context: { pending_user: stranger },
      effects: counted,
    });
  });

  it('goes on to the embedded password stage, pretending or not, and is counted there', async () => {
    for (const pretend_user_exists of [true, false]) {
      const given = { ...COMBINED, config: { ...COMBINED.config, pretend_user_exists } };
      const reply = await drive(given).answer({ uid_field: 'ghost', password: 'p' });
      expect(reply).toMatchObject({ type: 'passed', context: { pending_user: stranger } });
      expect(reply).not.toHaveProperty('effects');
    }
  });

  it('is looked up with as many questions as a known one', async () => {
    const [known, unknown] = [new OneUser(), new OneUser()];
    await drive(COMBINED, known).answer({ uid_field: 'alice', password: 'p' });
    await drive(COMBINED, unknown).answer({ uid_field: 'ghost', password: 'p' });
    expect(unknown.asked.length).toBe(known.asked.length);
  });
});
