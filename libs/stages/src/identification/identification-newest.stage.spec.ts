import type { PlanContext, SavedUser, StageRequest } from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { PublishedSourceRepository } from '@gatehouse/sources';
import { driveStage, stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { identificationContract } from './identification.contract.js';
import { IdentificationStage } from './identification.stage.js';

const alice: SavedUser = {
  ...{ kind: 'saved', uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01', pk: 7, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};

/** A user lookup in memory with one user. */
class InMemoryUserLookup extends UserLookup {
  find = (name: string) => Promise.resolve(name === alice.username ? alice : undefined);
  get = () => Promise.resolve(alice);
}
const noSources = new PublishedSourceRepository({ query: () => Promise.reject(new Error('no database in this test')) });

interface DriveOptions {
  readonly config?: Record<string, unknown>;
  readonly context?: PlanContext;
  readonly request?: Partial<StageRequest>;
  readonly version?: StageRequest['site']['api_version'];
}
const drive = ({ config = {}, context = {}, request = {}, version = '2026.8' }: DriveOptions = {}) =>
  driveStage(identificationContract, new IdentificationStage(new InMemoryUserLookup(), noSources), {
    config: { user_fields: ['username'], ...config },
    context,
    request: { ...request, site: { ...stageRequestFixture().site, api_version: version } },
  });

describe('a response without an identifier', () => {
  it('is refused in 2026.8 with an error that belongs to no field', async () => {
    for (const answer of [{}, { uid_field: null }, { uid_field: '' }, { uid_field: ' ' }, { passkey: null }])
      expect(await drive().answer(answer)).toMatchObject({
        type: 'rejected',
        errors: { non_field_errors: [{ code: 'identification_empty' }] },
      });
  });

  it('is refused in 2024.8 with an error of uid_field', async () => {
    for (const [answer, code] of [
      [{}, 'required'],
      [{ uid_field: null }, 'null'],
      [{ uid_field: ' ' }, 'blank'],
    ] as const)
      expect(await drive({ version: '2024.8' }).answer(answer)).toMatchObject({
        type: 'rejected',
        errors: { uid_field: [{ code }] },
      });
  });
});

describe('a passkey', () => {
  const config = { webauthn_stage: 'w' };
  const verified = { pending_user: alice, verified_user: alice.uuid };

  it('identifies the user whom the embedded stage has verified, without a password', async () => {
    const context = { ...verified, pending_user_identifier: 'bob' };
    expect(await drive({ config, context }).answer({ passkey: {} })).toEqual({
      type: 'passed',
      context: {
        pending_user: { ...alice, backend: 'authentik.core.auth.InbuiltBackend' },
        pending_user_identifier: null,
      },
    });
  });

  it('fails if the embedded stage has not verified the user', async () => {
    const others: PlanContext[] = [
      {},
      { pending_user: alice },
      { ...verified, verified_user: alice.uuid.replace('1', '2') },
    ];
    for (const context of others)
      await expect(drive({ config, context }).answer({ passkey: {} })).rejects.toThrow('no stage has verified');
  });

  it('is ignored without a validation stage', async () => {
    expect(await drive({ context: verified }).answer({ passkey: {} })).toMatchObject({
      errors: { non_field_errors: [{ code: 'identification_empty' }] },
    });
  });
});

describe('a name proposed by the URL or by the context', () => {
  const query = { login_hint: 'alice' };
  const context = { pending_user_identifier: 'alice' };
  const passed = { type: 'passed', context: { pending_user: { username: 'alice' } } };

  it('passes without an answer of the visitor in 2026.8', async () => {
    expect(await drive({ request: { query } }).show()).toMatchObject(passed);
    expect(await drive({ context }).show()).toMatchObject(passed);
  });

  it('is read like a typed name: spaces around it are ignored, and a name with NUL is ignored', async () => {
    expect(await drive({ request: { query: { login_hint: ' alice ' } } }).show()).toMatchObject(passed);
    expect(await drive({ context: { pending_user_identifier: 'alice\n' } }).show()).toMatchObject(passed);
    for (const login_hint of ['ali\0ce', ' '])
      expect(await drive({ request: { query: { login_hint } } }).show()).toMatchObject({
        type: 'challenge',
        challenge: { pending_user_identifier: null },
      });
  });

  it.each([
    ['in 2024.8', { version: '2024.8' }],
    ['with a captcha stage', { config: { captcha_stage: 'c' } }],
    ['with a validation stage', { config: { webauthn_stage: 'w' } }],
    [
      'with a password stage',
      {
        config: { password_stage: 'p' },
        request: { attached: { password_stage: { id: 'p', name: 'p', kind: 'password', model: 'm', config: {} } } },
      },
    ],
    ['at a step with policies', { request: { step: { ...stageRequestFixture().step, conditional: true } } }],
    ['in a preview', { request: { preview: { user: alice.uuid } } }],
  ] satisfies [string, DriveOptions][])('is filled in but not tried %s', async (_title, options) => {
    expect(await drive({ ...options, context }).show()).toMatchObject({
      type: 'challenge',
      challenge: { pending_user_identifier: 'alice' },
    });
  });

  it('is filled in but not tried if the plan has a user', async () => {
    const ghost = { kind: 'pretended', username: 'ghost', email: '' } as const;
    expect(await drive({ context: { ...context, pending_user: ghost } }).show()).toMatchObject({ type: 'challenge' });
  });

  it('is tried once and lowers the reputation if it is unknown', async () => {
    const step = drive({ config: { pretend_user_exists: false }, request: { query: { login_hint: 'ghost' } } });
    expect(await step.show()).toEqual({
      type: 'challenge',
      challenge: expect.objectContaining({ pending_user_identifier: null }),
      state: { refused_hint: 'ghost' },
      context: { pending_user_identifier: null },
      effects: [{ type: 'reputation', identifier: 'ghost', delta: -1 }],
    });
    expect(await step.show()).not.toHaveProperty('effects');
  });

  it('is not tried after a refused answer of the visitor', async () => {
    for (const answer of [{ uid_field: 'ghost' }, { uid_field: 'x'.repeat(1025) }, {}]) {
      const step = drive({ config: { pretend_user_exists: false }, request: { query } });
      expect(await step.answer(answer)).toMatchObject({ type: 'rejected' });
      expect(await step.show()).toMatchObject({ type: 'challenge' });
    }
  });
});
