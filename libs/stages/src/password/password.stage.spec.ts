import type { PlanContext, StageRequest, User } from '@gatehouse/contracts';
import { type AppPassword, CredentialStore } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { hashPassword } from './argon2-hash.js';
import { LimitedPasswordHasher } from './limited-password-hasher.js';
import { passwordContract } from './password.contract.js';
import { PasswordStage } from './password.stage.js';
import { PasswordAuthenticator } from './password-authenticator.js';
import type { PasswordCheck } from './password-hasher.js';

const INBUILT = 'authentik.core.auth.InbuiltBackend';
const TOKEN = 'authentik.core.auth.TokenBackend';
const LDAP = 'authentik.sources.ldap.auth.LDAPBackend';
const UUID = '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01';
const PASSWORD = 'hunter2 ';
// Of the same password, at the least cost of each kind; how they were made stands in passwords.spec.ts.
const outdated = [
  'pbkdf2_sha256$1$salt$e6HOJ243pMVAG/mWivCPKCZPkwUPqb9etaTNFqD11/U=',
  'pbkdf2_sha1$1$salt$d2ev9RerIEOKAie3uVd4JtG9aX8=',
  'argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$/awQZwHh2aXl14/15/fNofLk7dzRBLsaptrk0HMQ1kk',
  'bcrypt_sha256$$2b$04$yG4kQ0f1ZbX2mN8cT6vW3ul7X2M/RMDFAyZLQWMrkJ0DB./9WlMqC',
  'scrypt$2$salt$1$1$Kgh4C2pf9fLH4jEf44uM0xAgLOnnQ+m3a9QAhqw6m2LHqFE0DDrpwa3Qrjmi55+S2ZeLgVeblh4jcRJFqWnCJA==',
] as const;
const [OUTDATED] = outdated;

const saved = (fields: Partial<Extract<User, { kind: 'saved' }>> = {}): User => ({
  ...{ kind: 'saved', uuid: UUID, pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
  ...fields,
});

/** Credentials in memory, that count the statements they would be. */
class MemoryCredentials extends CredentialStore {
  readonly statements: string[] = [];
  constructor(
    private readonly hash: string | undefined,
    private readonly appPassword?: string,
  ) {
    super();
  }
  async findHash(userId: string) {
    this.statements.push('hash');
    return userId === UUID ? this.hash : undefined;
  }
  async upgradeHash(userId: string, outdated: string, upgraded: string) {
    this.statements.push(`upgrade ${userId} ${outdated} to ${upgraded.split('$').slice(0, 4).join('$')}`);
  }
  async findAppPassword(userId: string, key: string): Promise<AppPassword | undefined> {
    this.statements.push('app password');
    return userId === UUID && key === this.appPassword ? { uuid: UUID, identifier: 'mail' } : undefined;
  }
}

/** The real hasher, that counts its questions. */
class CountingHasher extends LimitedPasswordHasher {
  verified = 0;
  override verify(question: PasswordCheck) {
    this.verified++;
    return super.verify(question);
  }
}

interface Given {
  readonly credentials?: MemoryCredentials;
  readonly context?: PlanContext;
  readonly config?: Record<string, unknown>;
  readonly request?: Partial<StageRequest>;
}

function drive({ credentials = new MemoryCredentials(undefined), context, config, request = {} }: Given) {
  const hasher = new CountingHasher({ concurrency: 1, queue: 4 });
  const stage = driveStage(passwordContract, new PasswordStage(new PasswordAuthenticator(credentials, hasher)), {
    config: { backends: [INBUILT], ...config },
    context: context ?? { pending_user: saved() },
    request,
  });
  return { ...stage, hasher, credentials };
}

const current = hashPassword(PASSWORD);
const withHash = async () => new MemoryCredentials(await current);

describe('the password challenge', () => {
  it('offers no recovery where there is none', async () => {
    expect(await drive({}).show()).toEqual({ type: 'challenge', challenge: { allow_show_password: false } });
  });

  it('links absolutely to the recovery flow, with the query kept', async () => {
    const site = { base_url: 'https://id.example.org/', rp_id: '', brand: '', flows: { recovery: 'lost' } };
    const reply = await drive({
      config: { allow_show_password: true },
      request: { site, query: { next: '/x' } },
    }).show();
    expect(reply).toEqual({
      type: 'challenge',
      challenge: { allow_show_password: true, recovery_url: 'https://id.example.org/if/flow/lost/?next=%2Fx' },
    });
  });

  it('is shown without a pending user, though no answer to it can be right', async () => {
    const stage = drive({ context: {} });
    expect((await stage.show()).type).toBe('challenge');
    expect(await stage.answer({ password: PASSWORD })).toEqual({ type: 'denied' });
  });
});

describe('whoever is logged in, where the flow is about nobody', () => {
  const request = { session: { user: saved() } };

  it('shows by their password that it is still they, which is no login', async () => {
    const stage = drive({ context: {}, credentials: await withHash(), request });
    expect(await stage.answer({ password: PASSWORD })).toEqual({
      type: 'passed',
      context: { verified_user: UUID },
      verified: ['password'],
    });
  });

  it('is told so where they have no password and the step wants to know; other visitors are asked like anybody', async () => {
    const config = { backends: [INBUILT], without_password: 'deny' } as const;
    const shown = (context: PlanContext, credentials: MemoryCredentials, session: StageRequest['session']) =>
      drive({ context, credentials, config, request: { session } }).show();
    const [none, own] = [new MemoryCredentials(''), { user: saved() }];

    const denied = { type: 'denied', message: { code: 'password_none' } };
    for (const context of [{}, { pending_user: saved() }]) {
      expect(await shown(context, none, own)).toEqual(denied);
      expect(await shown(context, await withHash(), own)).toMatchObject({ type: 'challenge' });
    }
    expect(await shown({ pending_user: saved() }, none, { user: null })).toMatchObject({ type: 'challenge' });
    expect(await drive({ context: {}, credentials: none, request }).show()).toMatchObject({ type: 'challenge' });
  });

  it('does not get by with a wrong one', async () => {
    const stage = drive({ context: {}, credentials: await withHash(), request });
    expect(await stage.answer({ password: 'wrong' })).toMatchObject({ type: 'rejected', failed: ['password'] });
  });
});

describe('a right password', () => {
  it('passes and says by what the user was proved', async () => {
    expect(await drive({ credentials: await withHash() }).answer({ password: PASSWORD })).toEqual({
      type: 'passed',
      context: {
        pending_user: { ...saved(), backend: INBUILT },
        user_backend: INBUILT,
        auth_method: 'password',
        auth_method_args: {},
        verified_user: UUID,
      },
      verified: ['password'],
    });
  });

  it('is compared untrimmed', async () => {
    const reply = await drive({ credentials: await withHash() }).answer({ password: PASSWORD.trim() });
    expect(reply.type).toBe('rejected');
  });

  it('leaves the first method standing and adds to its arguments', async () => {
    const context = { pending_user: saved(), auth_method: 'before', auth_method_args: { known: true } };
    const credentials = new MemoryCredentials('!', 'app-key');
    const reply = await drive({ credentials, context, config: { backends: [INBUILT, TOKEN] } }).answer({
      password: 'app-key',
    });
    const token = { app: 'authentik_core', model_name: 'token', pk: UUID.replaceAll('-', ''), name: 'mail' };
    expect(reply).toMatchObject({
      type: 'passed',
      context: { user_backend: TOKEN, auth_method: 'before', auth_method_args: { known: true, token } },
    });
  });

  it.each(outdated)('renews an outdated hash, once it proved to be right: %s', async (stored) => {
    const credentials = new MemoryCredentials(stored);
    expect((await drive({ credentials }).answer({ password: 'other' })).type).toBe('rejected');
    expect((await drive({ credentials }).answer({ password: PASSWORD })).type).toBe('passed');
    const renewed = `upgrade ${UUID} ${stored} to $argon2id$v=19$m=19456,t=2,p=1`;
    expect(credentials.statements).toEqual(['hash', 'hash', renewed]);
  });

  it('passes even when its outdated hash cannot be renewed', async () => {
    class ReadOnly extends MemoryCredentials {
      override async upgradeHash() {
        throw new Error('read only');
      }
    }
    expect((await drive({ credentials: new ReadOnly(OUTDATED) }).answer({ password: PASSWORD })).type).toBe('passed');
  });
});

describe('a wrong password', () => {
  const judged = {
    type: 'rejected',
    errors: { password: [{ code: 'password_invalid' }] },
    challenge: { allow_show_password: false },
    state: { failures: 1 },
    failed: ['password'],
  };
  const stage = { app: 'authentik_stages_password', model_name: 'passwordstage', name: 'step' };
  const recorded = (username: string) => [
    { type: 'event', action: 'login_failed', context: { username, password: '*'.repeat(20), stage } },
    { type: 'reputation', identifier: username, delta: -1 },
  ];

  it('is refused, counted and written down without the password', async () => {
    const reply = await drive({ credentials: await withHash() }).answer({ password: 'guess-4711' });
    expect(reply).toEqual({ ...judged, effects: recorded('alice') });
    expect(JSON.stringify(reply)).not.toContain('guess-4711');
  });

  const pretended: User = { kind: 'pretended', username: 'alice', email: 'alice' };
  const unsaved: User = { kind: 'unsaved', username: 'alice', name: '', email: '' };
  const rows: [string, User, () => Promise<string | undefined>][] = [
    ['a wrong password', saved(), () => current],
    ['a user without a password', saved(), async () => ''],
    ['an unusable password', saved(), async () => '!x'],
    ['an unknown kind of hash', saved(), async () => 'md5$a$b'],
    ['a broken hash', saved(), async () => '$argon2id$v=19$m=19456'],
    ['an inactive user', saved({ is_active: false }), async () => undefined],
    ['a user who is gone', saved({ uuid: '00000000-0000-4000-8000-000000000000' }), () => current],
    ['a pretended user', pretended, () => current],
    ['an unsaved user', unsaved, () => current],
  ];
  const backends: string[][] = [[INBUILT], [TOKEN], [INBUILT, TOKEN], [TOKEN, INBUILT], [LDAP], [LDAP, INBUILT]];

  it.each(rows)('does not tell %s from any other: same reply, same statements, one hash', async (_, user, hash) => {
    for (const configured of backends) {
      const given = { config: { backends: configured }, context: { pending_user: user } };
      const driven = drive({ ...given, credentials: new MemoryCredentials(await hash()) });
      expect(await driven.answer({ password: 'wrong' })).toEqual({ ...judged, effects: recorded('alice') });
      expect(driven.hasher.verified).toBe(1);
      const usual = [
        ...(configured.includes(INBUILT) ? ['hash'] : []),
        ...(configured.includes(TOKEN) ? ['app password'] : []),
      ];
      expect(driven.credentials.statements).toEqual(usual);
    }
  });

  it('never lets a stand-in or an inactive user in, whatever is typed', async () => {
    for (const pending_user of [pretended, unsaved, saved({ uuid: '00000000-0000-0000-0000-000000000000' })]) {
      const driven = drive({ context: { pending_user }, credentials: await withHash() });
      expect((await driven.answer({ password: PASSWORD })).type).toBe('rejected');
    }
  });

  it('ends the flow without a word at the last failure, and counts it', async () => {
    const driven = drive({ credentials: await withHash(), config: { failed_attempts_before_cancel: 3 } });
    const types = [await driven.answer({ password: 'a' }), await driven.answer({ password: 'b' })].map(
      ({ type }) => type,
    );
    expect(types).toEqual(['rejected', 'rejected']);
    expect(await driven.answer({ password: 'c' })).toEqual({
      type: 'denied',
      failed: ['password'],
      effects: recorded('alice'),
    });
  });

  it('counts an answer without a usable password as a failure, though as no guess', async () => {
    const driven = drive({ config: { failed_attempts_before_cancel: 5 } });
    const answers = [{}, { password: null }, { password: '' }, { password: ['x'] }, { password: 'x'.repeat(4097) }];
    const replies = [];
    for (const answer of answers) replies.push(await driven.answer(answer));
    expect(replies.slice(0, 4).map((reply) => ('errors' in reply ? reply.errors : undefined))).toEqual(
      ['required', 'null', 'blank', 'not_a_string'].map((code) => ({ password: [{ code }] })),
    );
    expect(replies[4]).toEqual({ type: 'denied' });
    expect(driven.hasher.verified).toBe(0);
  });

  it.each([
    ['no password', {}],
    ['null', { password: null }],
    ['a blank one', { password: '' }],
    ['one that is too long', { password: 'x'.repeat(4097) }],
  ])('records a failed login for %s where another step shows its form, known user or not', async (_what, answer) => {
    const step = { id: 'inner', name: 'step', confirmed: true, embedded: true };
    for (const pending_user of [saved(), pretended]) {
      const driven = drive({ context: { pending_user }, request: { step } });
      expect(await driven.answer(answer)).toMatchObject({
        ...{ type: 'rejected', errors: { password: [{ code: 'password_invalid' }] }, failed: ['password'] },
        effects: recorded(pending_user.username),
      });
      expect(driven.hasher.verified).toBe(0);
    }
  });

  it('accepts white space as a password', async () => {
    const driven = drive({ credentials: new MemoryCredentials(await hashPassword('   ')) });
    expect((await driven.answer({ password: '   ' })).type).toBe('passed');
  });
});

describe('under load', () => {
  it('starts no hash that nobody waits for', async () => {
    const driven = drive({ credentials: await withHash(), request: { timeout_ms: 0 } });
    await expect(driven.answer({ password: PASSWORD })).rejects.toThrow('stage_busy');
  });
});
