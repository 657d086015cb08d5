import { randomUUID } from 'node:crypto';
import type { NewDevice } from '@gatehouse/authenticators';
import type { DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { codeHarness, newUser } from '../../../testing/code-harness.js';
import { newTotpKey } from '../totp/totp-key.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import type { AuthenticatorValidateStage } from './authenticator-validate.stage.js';

let database: DeviceDatabase;
let stage: AuthenticatorValidateStage;
beforeAll(async () => {
  ({ database, stage } = await codeHarness());
});
afterEach(() => void vi.useRealTimers());
afterAll(() => database?.close());

const addDevice = (user: SavedUser, device: Pick<NewDevice, 'kind' | 'codes' | 'secret'>) =>
  database.devices.add({ id: randomUUID(), user: user.uuid, name: device.kind, ...device });
const addCodes = (user: SavedUser) => addDevice(user, { kind: 'static', codes: ['Abc123'] });
const addTotp = (user: SavedUser) => addDevice(user, { kind: 'totp', secret: { key: newTotpKey(), digits: 6 } });

interface DriveOptions {
  readonly config?: Record<string, unknown>;
  readonly request?: Partial<StageRequest>;
}
const drive = (user: SavedUser, { config = {}, request = {} }: DriveOptions = {}) =>
  driveStage(authenticatorValidateContract, stage, { config, context: { pending_user: user }, request });
const cookieOf = (reply: StageReply) => {
  const [cookie] = ('effects' in reply ? (reply.effects ?? []) : []).filter(({ type }) => type === 'cookie');
  return cookie as { name: string; value: string; max_age_s: number } | undefined;
};

describe('a remembered proof', () => {
  const config = { last_auth_threshold: 'hours=1' };
  const withCookie = (value: string, more: Partial<StageRequest> = {}): DriveOptions => ({
    config,
    request: {
      client: { ip: '203.0.113.7', user_agent: 'x', outpost: false, cookies: { authentik_mfa: value } },
      ...more,
    },
  });

  async function proveOnce() {
    const alice = newUser();
    await addCodes(alice);
    const { show, answer } = drive(alice, { config });
    await show();
    const cookie = cookieOf(await answer({ code: 'Abc123' }));
    return { alice, value: cookie?.value ?? '', cookie };
  }

  it('lets the same user pass the same stage until it expires', async () => {
    const { alice, value, cookie } = await proveOnce();
    expect(cookie).toMatchObject({ name: 'authentik_mfa', max_age_s: 3600 });
    expect(await drive(alice, withCookie(value)).show()).toMatchObject({ type: 'passed' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3600 * 1000 });
    expect((await drive(alice, withCookie(value)).show()).type).toBe('challenge');
  });

  it('is ignored after the challenge was shown, because another tab may have set the cookie', async () => {
    const { alice, value } = await proveOnce();
    const shown = { state: { offers: [], memory: {} } };
    expect((await drive(alice, withCookie(value, shown)).show()).type).toBe('challenge');
  });

  it('is invalid for another user, stage or epoch, after the threshold was lowered, and after tampering', async () => {
    const { alice, value } = await proveOnce();
    const bob = newUser();
    await addCodes(bob);
    const otherStep = { step: { id: 'step', name: 'another', confirmed: true } };
    const tampered = `${value.slice(0, -4)}AAAA`;
    const attempts = [
      drive(bob, withCookie(value)),
      drive({ ...alice, epoch: 2 }, withCookie(value)),
      drive(alice, withCookie(value, otherStep)),
      drive(alice, { ...withCookie(value), config: { last_auth_threshold: 'minutes=1' } }),
      drive(alice, { ...withCookie(value), config: {} }),
      drive(alice, withCookie(tampered)),
      drive(alice, withCookie('x'.repeat(2000))),
    ];
    for (const { show } of attempts) expect((await show()).type).toBe('challenge');
  });

  it('is invalid after its device was deleted', async () => {
    const { alice, value } = await proveOnce();
    const [device] = await database.devices.findByUser(alice.uuid);
    await addTotp(alice);
    await database.source.query('SELECT mfa.remove_device($1, $2, $3)', [alice.uuid, 'static', device?.pk]);
    expect((await drive(alice, withCookie(value)).show()).type).toBe('challenge');
  });

  it('is not created if the stage does not remember proofs', async () => {
    const alice = newUser();
    await addCodes(alice);
    const { show, answer } = drive(alice);
    await show();
    expect(cookieOf(await answer({ code: 'Abc123' }))).toBeUndefined();
  });
});
