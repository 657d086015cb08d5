import type { ApiVersion, PlanContext, StageRequest, User } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { InMemoryCredentialStore, RecordingHasher } from '../../testing/credential-store.js';
import { hashPassword } from './argon2-hash.js';
import { passwordContract } from './password.contract.js';
import { PasswordStage } from './password.stage.js';
import { PasswordAuthenticator } from './password-authenticator.js';

const INBUILT = 'authentik.core.auth.InbuiltBackend';
const TOKEN = 'authentik.core.auth.TokenBackend';
const LDAP = 'authentik.sources.ldap.auth.LDAPBackend';
const UUID = '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01';
const PASSWORD = 'hunter2 ';
// Hashes of PASSWORD with the lowest cost of each kind. password-hashes.spec.ts states how they were made.
const outdatedHashes = [
  'pbkdf2_sha256$1$salt$e6HOJ243pMVAG/mWivCPKCZPkwUPqb9etaTNFqD11/U=',
  'pbkdf2_sha1$1$salt$d2ev9RerIEOKAie3uVd4JtG9aX8=',
  'argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$/awQZwHh2aXl14/15/fNofLk7dzRBLsaptrk0HMQ1kk',
  'bcrypt_sha256$$2b$04$yG4kQ0f1ZbX2mN8cT6vW3ul7X2M/RMDFAyZLQWMrkJ0DB./9WlMqC',
  'scrypt$2$salt$1$1$Kgh4C2pf9fLH4jEf44uM0xAgLOnnQ+m3a9QAhqw6m2LHqFE0DDrpwa3Qrjmi55+S2ZeLgVeblh4jcRJFqWnCJA==',
] as const;
const [OUTDATED] = outdatedHashes;
const LIMITS = { concurrency: 1, maxWaitMs: 5000 };
const CURRENT = 'argon2id 19456 2 1';
const LEGACY = 'pbkdf2_sha256 1';

const saved = (overrides: Partial<Extract<User, { kind: 'saved' }>> = {}): User => ({
  ...{ kind: 'saved', uuid: UUID, pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
  ...overrides,
});

interface DriveOptions {
  readonly credentials?: InMemoryCredentialStore;
  readonly context?: PlanContext;
  readonly config?: Record<string, unknown>;
  readonly request?: Partial<StageRequest>;
  readonly apiVersion?: ApiVersion;
}

function drive({
  credentials = new InMemoryCredentialStore(UUID, undefined),
  context,
  config,
  request = {},
  apiVersion = '2024.8',
}: DriveOptions) {
  const hasher = new RecordingHasher({ all: LIMITS, legacy: LIMITS });
  const stage = driveStage(passwordContract, new PasswordStage(new PasswordAuthenticator(credentials, hasher)), {
    config: { backends: [INBUILT], ...config },
    context: context ?? { pending_user: saved() },
    request,
    apiVersion,
  });
  return { ...stage, hasher, credentials };
}

const currentHash = hashPassword(PASSWORD);
const currentCredentials = async () => new InMemoryCredentialStore(UUID, await currentHash);

describe('the password challenge', () => {
  it('has no recovery_url without a recovery flow', async () => {
    expect(await drive({}).show()).toEqual({ type: 'challenge', challenge: { allow_show_password: false } });
  });

  it('has an absolute recovery_url that keeps the query', async () => {
    const site = {
      base_url: 'https://id.example.org/',
      rp_id: '',
      brand: '',
      flows: { recovery: 'lost' },
      api_version: '2024.8',
    } as const;
    const reply = await drive({
      config: { allow_show_password: true },
      request: { site, query: { next: '/x' } },
    }).show();
    expect(reply).toEqual({
      type: 'challenge',
      challenge: { allow_show_password: true, recovery_url: 'https://id.example.org/if/flow/lost/?next=%2Fx' },
    });
  });

  it('is shown without a pending user, but every response is denied', async () => {
    const stage = drive({ context: {} });
    expect((await stage.show()).type).toBe('challenge');
    expect(await stage.answer({ password: PASSWORD })).toEqual({ type: 'denied' });
  });
});

describe('the logged-in user in a plan without a pending user', () => {
  const request = { session: { user: saved() } };

  it('is verified by their password, without becoming the pending user', async () => {
    const stage = drive({ context: {}, credentials: await currentCredentials(), request });
    expect(await stage.answer({ password: PASSWORD })).toEqual({
      type: 'passed',
      context: { verified_user: UUID },
      verified: ['password'],
    });
  });

  it('is denied without a password if without_password is deny, but other visitors are asked', async () => {
    const config = { backends: [INBUILT], without_password: 'deny' } as const;
    const show = (context: PlanContext, credentials: InMemoryCredentialStore, session: StageRequest['session']) =>
      drive({ context, credentials, config, request: { session } }).show();
    const [none, own] = [new InMemoryCredentialStore(UUID, ''), { user: saved() }];

    const denied = { type: 'denied', message: { code: 'password_none' } };
    for (const context of [{}, { pending_user: saved() }]) {
      expect(await show(context, none, own)).toEqual(denied);
      expect(await show(context, await currentCredentials(), own)).toMatchObject({ type: 'challenge' });
    }
    expect(await show({ pending_user: saved() }, none, { user: null })).toMatchObject({ type: 'challenge' });
    expect(await drive({ context: {}, credentials: none, request }).show()).toMatchObject({ type: 'challenge' });
  });

  it('is denied if their password was removed after the challenge, and the answer counts', async () => {
    const config = { backends: [INBUILT], without_password: 'deny' } as const;
    const credentials = new InMemoryCredentialStore(UUID, '!');
    const stage = drive({ context: {}, credentials, config, request: { session: { user: saved() } } });
    expect(await stage.answer({ password: PASSWORD })).toMatchObject({
      ...{ type: 'denied', message: { code: 'password_none' }, failed: ['password'] },
      effects: [{ type: 'event', action: 'login_failed' }, { type: 'reputation' }],
    });
  });

  it('is rejected with a wrong password', async () => {
    const stage = drive({ context: {}, credentials: await currentCredentials(), request });
    expect(await stage.answer({ password: 'wrong' })).toMatchObject({ type: 'rejected', failed: ['password'] });
  });
});

describe('a right password', () => {
  it('passes and writes the backend and the method into the context', async () => {
    expect(await drive({ credentials: await currentCredentials() }).answer({ password: PASSWORD })).toEqual({
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

  it('is compared including its leading and trailing spaces', async () => {
    const reply = await drive({ credentials: await currentCredentials() }).answer({ password: PASSWORD.trim() });
    expect(reply.type).toBe('rejected');
  });

  it('keeps the auth_method of an earlier step and merges auth_method_args', async () => {
    const context = { pending_user: saved(), auth_method: 'before', auth_method_args: { known: true } };
    const credentials = new InMemoryCredentialStore(UUID, '!', { appPassword: 'app-key' });
    const reply = await drive({ credentials, context, config: { backends: [INBUILT, TOKEN] } }).answer({
      password: 'app-key',
    });
    const token = { app: 'authentik_core', model_name: 'token', pk: UUID.replaceAll('-', ''), name: 'mail' };
    expect(reply).toMatchObject({
      type: 'passed',
      context: { user_backend: TOKEN, auth_method: 'before', auth_method_args: { known: true, token } },
    });
  });

  it.each(outdatedHashes)('replaces an outdated hash only after the right password: %s', async (stored) => {
    const credentials = new InMemoryCredentialStore(UUID, stored);
    expect((await drive({ credentials }).answer({ password: 'other' })).type).toBe('rejected');
    expect((await drive({ credentials }).answer({ password: PASSWORD })).type).toBe('passed');
    const upgrade = `upgrade ${UUID} ${stored} to $argon2id$v=19$m=19456,t=2,p=1`;
    expect(credentials.statements).toEqual(['hash', 'hash', upgrade]);
  });

  it('passes even if its outdated hash cannot be replaced', async () => {
    class ReadOnlyCredentialStore extends InMemoryCredentialStore {
      override async upgradeHash() {
        throw new Error('read only');
      }
    }
    expect(
      (await drive({ credentials: new ReadOnlyCredentialStore(UUID, OUTDATED) }).answer({ password: PASSWORD })).type,
    ).toBe('passed');
  });

  it('may consist of white space only', async () => {
    const driven = drive({ credentials: new InMemoryCredentialStore(UUID, await hashPassword('   ')) });
    expect((await driven.answer({ password: '   ' })).type).toBe('passed');
  });
});

describe('a wrong password', () => {
  const rejected = {
    type: 'rejected',
    errors: { password: [{ code: 'password_invalid' }] },
    challenge: { allow_show_password: false },
    state: { failures: 1 },
    failed: ['password'],
    cost: CURRENT,
  };
  const stage = { app: 'authentik_stages_password', model_name: 'passwordstage', name: 'step' };
  const failureEffects = (username: string) => [
    { type: 'event', action: 'login_failed', context: { username, password: '*'.repeat(20), stage } },
    { type: 'reputation', identifier: username, delta: -1 },
  ];

  it('is rejected, counted and recorded without the password', async () => {
    const reply = await drive({ credentials: await currentCredentials() }).answer({ password: 'guess-4711' });
    expect(reply).toEqual({ ...rejected, effects: failureEffects('alice') });
    expect(JSON.stringify(reply)).not.toContain('guess-4711');
  });

  const pretended: User = { kind: 'pretended', username: 'alice', email: 'alice' };
  const unsaved: User = { kind: 'unsaved', username: 'alice', name: '', email: '' };
  const failures: [string, User, () => Promise<string | undefined>][] = [
    ['a wrong password', saved(), () => currentHash],
    ['a user without a password', saved(), async () => ''],
    ['an unusable password', saved(), async () => '!x'],
    ['an unknown kind of hash', saved(), async () => 'md5$a$b'],
    ['a broken hash', saved(), async () => '$argon2id$v=19$m=19456'],
    ['an inactive user', saved({ is_active: false }), async () => undefined],
    ['a user who is gone', saved({ uuid: '00000000-0000-4000-8000-000000000000' }), () => currentHash],
    ['a pretended user', pretended, () => currentHash],
    ['an unsaved user', unsaved, () => currentHash],
  ];
  const backends: string[][] = [[INBUILT], [TOKEN], [INBUILT, TOKEN], [TOKEN, INBUILT], [LDAP], [LDAP, INBUILT]];

  it.each(failures)('causes the same reply and statements and costs one hash for %s', async (_, user, hash) => {
    for (const configured of backends) {
      const options = { config: { backends: configured }, context: { pending_user: user } };
      const driven = drive({ ...options, credentials: new InMemoryCredentialStore(UUID, await hash()) });
      expect(await driven.answer({ password: 'wrong' })).toEqual({ ...rejected, effects: failureEffects('alice') });
      expect(driven.hasher.costs).toEqual([CURRENT]);
      const expected = [
        ...(configured.includes(INBUILT) ? ['hash'] : []),
        ...(configured.includes(TOKEN) ? ['app password'] : []),
      ];
      expect(driven.credentials.statements).toEqual(expected);
    }
  });

  it.each(failures.slice(1))('costs as much as the stand-in of the name for %s', async (_, user, hash) => {
    const answer = async (configured: string[], response: Record<string, unknown>) => {
      const credentials = new InMemoryCredentialStore(UUID, await hash(), { standIn: OUTDATED });
      const options = { config: { backends: configured }, context: { pending_user: user }, credentials };
      const driven = drive(options);
      return { reply: await driven.answer(response), driven };
    };
    for (const configured of backends) {
      const { reply, driven } = await answer(configured, { password: PASSWORD });
      const cost = configured.includes(INBUILT) ? LEGACY : CURRENT;
      expect(reply).toEqual({ ...rejected, cost, effects: failureEffects('alice') });
      expect(driven.hasher.costs).toEqual([cost]);
      // If the credential is locked, the gateway removes the password from the response. The reply must still state the
      // cost, without computing a hash.
      const locked = await answer(configured, {});
      expect(locked.reply).toMatchObject({ type: 'rejected', cost });
      expect(locked.driven.hasher.costs).toEqual([]);
    }
  });

  it.each(outdatedHashes)('costs as much as the hash of the user, independent of the stand-in: %s', async (stored) => {
    const credentials = new InMemoryCredentialStore(UUID, stored, { standIn: await currentHash });
    const [judged, locked] = [drive({ credentials }), drive({ credentials })];
    const { cost } = (await judged.answer({ password: 'other' })) as { cost?: string };
    expect(judged.hasher.costs).toEqual([cost]);
    expect(cost).not.toBe(CURRENT);
    expect(await locked.answer({})).toMatchObject({ cost });
  });

  it('is every password that is entered for a pretended, unsaved or unknown user', async () => {
    for (const pending_user of [pretended, unsaved, saved({ uuid: '00000000-0000-0000-0000-000000000000' })]) {
      const driven = drive({ context: { pending_user }, credentials: await currentCredentials() });
      expect((await driven.answer({ password: PASSWORD })).type).toBe('rejected');
    }
  });

  it('ends the flow with a reason but no message at the last allowed failure, which counts as an attempt', async () => {
    const driven = drive({ credentials: await currentCredentials(), config: { failed_attempts_before_cancel: 3 } });
    const types = [await driven.answer({ password: 'a' }), await driven.answer({ password: 'b' })].map(
      ({ type }) => type,
    );
    expect(types).toEqual(['rejected', 'rejected']);
    expect(await driven.answer({ password: 'c' })).toEqual({
      type: 'denied',
      reason: 'too_many_attempts',
      failed: ['password'],
      cost: CURRENT,
      effects: failureEffects('alice'),
    });
  });

  it('ends the flow with a message since 2026.8', async () => {
    const driven = drive({ apiVersion: '2026.8', config: { failed_attempts_before_cancel: 1 } });
    expect(await driven.answer({ password: 'wrong' })).toMatchObject({
      ...{ type: 'denied', message: { code: 'password_invalid' }, reason: 'too_many_attempts' },
    });
  });

  it('is every password if the stage has only unsupported backends', async () => {
    for (const backend of [LDAP, 'authentik.sources.kerberos.auth.KerberosBackend']) {
      const driven = drive({ credentials: await currentCredentials(), config: { backends: [backend] } });
      expect(await driven.answer({ password: PASSWORD })).toMatchObject({ type: 'rejected' });
    }
  });

  it('is not counted as an attempt but as a failure of the step if the response is invalid', async () => {
    const driven = drive({ config: { failed_attempts_before_cancel: 5 } });
    const answers = [{}, { password: null }, { password: '' }, { password: ['x'] }, { password: 'x'.repeat(4097) }];
    const replies = [];
    for (const answer of answers) replies.push(await driven.answer(answer));
    expect(replies.slice(0, 4).map((reply) => ('errors' in reply ? reply.errors : undefined))).toEqual(
      ['required', 'null', 'blank', 'not_a_string'].map((code) => ({ password: [{ code }] })),
    );
    expect(replies[4]).toEqual({ type: 'denied', reason: 'too_many_attempts', cost: CURRENT });
    expect(driven.hasher.costs).toEqual([]);
  });

  it.each([
    ['no password', {}],
    ['null', { password: null }],
    ['a blank password', { password: '' }],
    ['a password that is too long', { password: 'x'.repeat(4097) }],
  ])('is recorded as a failed login in an embedded step for known and unknown users: %s', async (_title, answer) => {
    const step = { id: 'inner', name: 'step', confirmed: true, embedded: true };
    for (const pending_user of [saved(), pretended]) {
      const driven = drive({ context: { pending_user }, request: { step } });
      expect(await driven.answer(answer)).toMatchObject({
        ...{ type: 'rejected', errors: { password: [{ code: 'password_invalid' }] }, failed: ['password'] },
        effects: failureEffects(pending_user.username),
      });
      expect(driven.hasher.costs).toEqual([]);
    }
  });
});

describe('a request without time left', () => {
  it('returns stage_busy', async () => {
    const driven = drive({ credentials: await currentCredentials(), request: { timeout_ms: 0 } });
    await expect(driven.answer({ password: PASSWORD })).rejects.toThrow('stage_busy');
  });
});
