import { randomUUID } from 'node:crypto';
import type { NewDevice } from '@gatehouse/authenticators';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { DeviceClass, PlanContext, SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceSetupStage } from './device-setup.stage.js';
import { authenticatorDuoContract } from './duo/authenticator-duo.contract.js';
import { AuthenticatorDuoStage } from './duo/authenticator-duo.stage.js';
import { SETUP_CONTRACT_DEFAULTS } from './required-proof.js';
import { authenticatorSmsContract } from './sms/authenticator-sms.contract.js';
import { AuthenticatorSmsStage } from './sms/authenticator-sms.stage.js';
import { authenticatorStaticContract } from './static/authenticator-static.contract.js';
import { AuthenticatorStaticStage } from './static/authenticator-static.stage.js';
import { authenticatorTotpContract } from './totp/authenticator-totp.contract.js';
import { AuthenticatorTotpStage } from './totp/authenticator-totp.stage.js';
import { authenticatorWebauthnContract } from './webauthn/authenticator-webauthn.contract.js';
import { AuthenticatorWebauthnStage } from './webauthn/authenticator-webauthn.stage.js';

let database: DeviceDatabase;
beforeAll(async () => {
  database = await createDeviceDatabase();
});
afterAll(() => database?.close());

const newUser = (): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
});
const addDevice = async (user: SavedUser, kind: DeviceClass, fields: Partial<NewDevice> = {}): Promise<number> =>
  (await database.devices.add({ id: randomUUID(), user: user.uuid, kind, name: kind, ...fields }))!;
const setUp = (pending_user: SavedUser, context: PlanContext = {}, session?: StageRequest['session']) =>
  driveStage(authenticatorStaticContract, new AuthenticatorStaticStage(database.devices), {
    context: { pending_user, ...context },
    request: session ? { session } : {},
  });
const proved = (...pks: number[]): PlanContext => ({ auth_method_args: { mfa_devices: pks.map((pk) => ({ pk })) } });
const typeOf = (reply: StageReply) => reply.type;

const INSERTS_PROOF_STEP = {
  type: 'passed',
  insert: { where: 'before', steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'deny' } }] },
};

describe('setting up a further device', () => {
  it('requires a proof of an existing device; a password alone is not enough (accident 25)', async () => {
    const alice = newUser();
    const app = await addDevice(alice, 'totp');
    expect(await setUp(alice).show()).toEqual(INSERTS_PROOF_STEP);
    expect(await setUp(alice).answer({})).toEqual(INSERTS_PROOF_STEP);
    expect(await setUp(alice, {}, { user: alice, proved: false }).show()).toEqual(INSERTS_PROOF_STEP);
    expect(await database.devices.findByUser(alice.uuid)).toHaveLength(1);

    expect(typeOf(await setUp(alice, proved(app)).show())).toBe('challenge');
    expect(typeOf(await setUp(alice, {}, { user: alice, proved: true }).show())).toBe('challenge');
  });

  it('requires a proof when another device was added after the challenge was shown (accident 25)', async () => {
    const alice = newUser();
    const { show, answer } = setUp(alice);
    expect(typeOf(await show())).toBe('challenge');
    await addDevice(alice, 'totp');
    expect(await answer({})).toEqual(INSERTS_PROOF_STEP);
    expect(await database.devices.findByUser(alice.uuid)).toHaveLength(1);
  });

  it('does not accept the proof of another user (accident 25)', async () => {
    const [alice, bob] = [newUser(), newUser()];
    await addDevice(alice, 'totp');
    const foreign = await addDevice(bob, 'totp');
    expect(await setUp(alice, { ...proved(foreign), enrolled_devices: [foreign] }).show()).toEqual(INSERTS_PROOF_STEP);
    expect(await setUp(alice, {}, { user: bob, proved: true }).show()).toEqual(INSERTS_PROOF_STEP);
  });

  it('accepts a recent proof in the session only for a device that the user still has (accident 25)', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const app = await addDevice(alice, 'totp');
    const removed = app + 1_000_000;
    const showIn = (session: StageRequest['session']) => setUp(alice, {}, session).show();
    expect(typeOf(await showIn({ user: alice, proved: false, proved_devices: [app] }))).toBe('challenge');
    expect(await showIn({ user: alice, proved: true, proved_devices: [removed] })).toEqual(INSERTS_PROOF_STEP);
    expect(await showIn({ user: alice, proved: true, proved_devices: [] })).toEqual(INSERTS_PROOF_STEP);
    expect(await showIn({ user: bob, proved: true, proved_devices: [app] })).toEqual(INSERTS_PROOF_STEP);
  });

  it('requires no proof for a second device in the plan that set up the first device', async () => {
    const alice = newUser();
    const { show, answer } = setUp(alice, { enrolled_devices: [1] });
    await show();
    const { context } = (await answer({})) as { context: PlanContext };
    const [first] = await database.devices.findByUser(alice.uuid);
    expect(context).toEqual({ enrolled_devices: [1, first!.pk] });
    expect(typeOf(await setUp(alice, context).show())).toBe('challenge');
  });

  it('requires no proof for a repeated answer, because the first reply may not have been saved', async () => {
    const alice = newUser();
    const { show, answer } = setUp(alice);
    await show();
    const first = await answer({});
    expect(first).toMatchObject({ type: 'passed', context: { enrolled_devices: [expect.any(Number)] } });
    expect(await answer({})).toEqual(first);
    expect(await database.devices.findByUser(alice.uuid)).toHaveLength(1);
  });

  it('requires no proof when the only device is a phone whose number is stored only as a digest', async () => {
    const alice = newUser();
    await addDevice(alice, 'sms', { facts: { verified_only: true } });
    expect(typeOf(await setUp(alice).show())).toBe('challenge');
  });

  it.each([
    { stage: AuthenticatorDuoStage, contract: authenticatorDuoContract },
    { stage: AuthenticatorSmsStage, contract: authenticatorSmsContract },
    { stage: AuthenticatorStaticStage, contract: authenticatorStaticContract },
    { stage: AuthenticatorTotpStage, contract: authenticatorTotpContract },
    { stage: AuthenticatorWebauthnStage, contract: authenticatorWebauthnContract },
  ])('requires a proof of an existing device in every setup stage: $contract.kind', ({ stage, contract }) => {
    expect(stage.prototype).toBeInstanceOf(DeviceSetupStage);
    const { inserts, reads, writes } = contract;
    expect({ inserts, reads, writes }).toMatchObject({
      inserts: SETUP_CONTRACT_DEFAULTS.inserts,
      reads: SETUP_CONTRACT_DEFAULTS.reads,
      writes: SETUP_CONTRACT_DEFAULTS.writes,
    });
  });
});
