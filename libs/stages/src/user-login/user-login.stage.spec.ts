import type { PlanContext } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { userLoginContract } from './user-login.contract.js';
import { UserLoginStage } from './user-login.stage.js';

const alice = {
  kind: 'saved',
  uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01',
  pk: 7,
  username: 'alice',
  name: 'Alice',
  email: 'a@example.org',
  is_active: true,
  epoch: 1,
  locale: '',
} as const;

const drive = (config: Record<string, unknown> = {}, context: PlanContext = { pending_user: alice }) =>
  driveStage(userLoginContract, new UserLoginStage(), { config, context });

/** Returns a driver with the API line 2026.8. `known` says whether the stage has remembered the browser. */
const driveNewer = (config: Record<string, unknown>, known = false, auth_method_args: Record<string, unknown> = {}) =>
  driveStage(userLoginContract, new UserLoginStage(), {
    config,
    context: { pending_user: alice, auth_method_args },
    request: { session: { user: null, known_device: known } },
    apiVersion: '2026.8',
  });
const STAGE = '5a0c1d4e-8a52-4f2e-9d8c-3b1f6f0f7c21';
const REMEMBER = { session_duration: 'seconds=2', remember_me_offset: 'seconds=2' };

const login = {
  type: 'login',
  user: alice.uuid,
  backend: 'authentik.core.auth.InbuiltBackend',
  duration_s: null,
  bindings: { network: 'no_binding', geoip: 'no_binding' },
  terminate_other_sessions: false,
  second_factor: false,
};
const loginIn = (reply: { effects?: unknown[] } | object) => (reply as { effects: unknown[] }).effects[0];

describe('logging in', () => {
  it('creates a session until the browser closes, without a challenge, and records an event', async () => {
    expect(await drive().show()).toEqual({
      type: 'passed',
      effects: [
        login,
        { type: 'event', action: 'login', context: {} },
        { type: 'reputation', identifier: 'alice', delta: 1 },
        { type: 'toast', level: 'success', message: 'Successfully logged in!' },
      ],
    });
  });

  it('accepts any response if the stage shows no challenge', async () => {
    expect(loginIn(await drive().answer({ remember_me: 'perhaps' }))).toEqual(login);
    expect(loginIn(await drive().answer({ remember_me: true }))).toEqual(login);
    expect(loginIn(await drive().answer({}))).toEqual(login);
  });

  it.each([
    [[{ model_name: 'totpdevice' }], true],
    [[], false],
    ['totpdevice', false],
  ])('reports whether the plan has verified a device: %j', async (mfa_devices, second_factor) => {
    const reply = await drive({}, { pending_user: alice, auth_method_args: { mfa_devices } }).show();
    expect(loginIn(reply)).toEqual({ ...login, second_factor });
  });

  it('sets the lifetime and bindings of the session and ends other sessions as configured', async () => {
    const config = { session_duration: 'hours=1', terminate_other_sessions: true, network_binding: 'bind_asn' };
    expect(loginIn(await drive(config).show())).toEqual({
      ...login,
      duration_s: 3600,
      terminate_other_sessions: true,
      bindings: { network: 'bind_asn', geoip: 'no_binding' },
    });
  });

  it('records the method and the source of a login, and shows no greeting after a login through a source', async () => {
    const source = { uuid: alice.uuid, pk: 1, slug: 's', name: 'S' };
    const method = { auth_method: 'token', auth_method_args: { token: { name: 't' } }, source };
    const reply = await drive({}, { pending_user: alice, user_backend: 'some.backend', ...method }).show();
    expect(reply).toEqual({
      type: 'passed',
      effects: [
        { ...login, backend: 'some.backend' },
        { type: 'event', action: 'login', context: method },
        { type: 'reputation', identifier: 'alice', delta: 1 },
      ],
    });
  });
});

describe('remember me', () => {
  it('asks first, and adds the offset to the session lifetime only if the visitor agrees', async () => {
    expect(await drive(REMEMBER).show()).toEqual({ type: 'challenge', challenge: {} });
    expect(loginIn(await drive(REMEMBER).answer({ remember_me: 'on' }))).toMatchObject({ duration_s: 4 });
    expect(loginIn(await drive(REMEMBER).answer({ remember_me: false }))).toMatchObject({ duration_s: 2 });
  });

  it('rejects a response without a valid remember_me', async () => {
    expect(await drive(REMEMBER).answer({})).toEqual({
      type: 'rejected',
      errors: { remember_me: [{ code: 'required' }] },
      challenge: {},
    });
    expect(await drive(REMEMBER).answer({ remember_me: 'perhaps' })).toMatchObject({
      errors: { remember_me: [{ code: 'not_a_boolean' }] },
    });
  });
});

describe('without a saved, active user', () => {
  const contexts: Record<string, PlanContext> = {
    'no pending user': {},
    'a pretended user': { pending_user: { kind: 'pretended', username: 'x', email: 'x' } },
    'an unsaved user': { pending_user: { kind: 'unsaved', username: 'x', name: '', email: '' } },
    'an inactive user': { pending_user: { ...alice, is_active: false } },
  };

  it.each(Object.keys(contexts))(
    'denies %s, with and without a challenge, on a GET and on a response',
    async (title) => {
      const toast = { type: 'toast', level: 'error', message: 'No Pending user to login.' };
      // Expects a denial that does not reveal whether the user exists.
      const denied = { type: 'denied', ...(title === 'no pending user' ? { effects: [toast] } : {}) };
      for (const config of [{}, REMEMBER]) {
        expect(await drive(config, contexts[title]).show()).toEqual(denied);
        expect(await drive(config, contexts[title]).answer({ remember_me: true })).toEqual(denied);
        expect(await drive(config, contexts[title]).answer({})).toEqual(denied);
      }
    },
  );
});

describe('a known device, since 2026.8', () => {
  const factsOf = (reply: object) =>
    (reply as { context: { auth_method_args: Record<string, unknown> } }).context.auth_method_args;

  it('is remembered for the time remember_device, even after the question whether to stay logged in', async () => {
    const device = (remember_s: number) => ({ ...login, device: { stage: STAGE, remember_s } });
    expect(loginIn(await driveNewer({}).show())).toEqual(device(30 * 86_400));
    expect(loginIn(await driveNewer({ remember_device: 'minutes=1' }).show())).toEqual(device(60));
    for (const remember_me of [true, false])
      expect(loginIn(await driveNewer(REMEMBER).answer({ remember_me }))).toMatchObject({
        device: { stage: STAGE, remember_s: 30 * 86_400 },
      });
    for (const remember_device of ['seconds=0', 'milliseconds=900'])
      expect(loginIn(await driveNewer({ remember_device }).show())).toEqual(login);
  });

  it('is a fact for policies that does not replace the fact of an earlier step', async () => {
    expect(factsOf(await driveNewer({}, true).show())).toEqual({ known_device: true });
    expect(factsOf(await driveNewer({}, false, { mfa_devices: [] }).show())).toEqual({
      ...{ known_device: false, mfa_devices: [] },
    });
    expect(factsOf(await driveNewer({}, true, { known_device: false }).show())).toEqual({ known_device: false });
  });

  it('gets no greeting after a login', async () => {
    const { effects } = (await driveNewer({}).show()) as { effects: { type: string }[] };
    expect(effects.map(({ type }) => type)).toEqual(['login', 'event', 'reputation']);
  });

  it('is not known in 2024.8, which has no such field', async () => {
    expect(await drive().show()).not.toHaveProperty('context');
  });
});
