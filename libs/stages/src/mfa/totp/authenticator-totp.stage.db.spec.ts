import { randomUUID } from 'node:crypto';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticatorTotpContract } from './authenticator-totp.contract.js';
import { AuthenticatorTotpStage } from './authenticator-totp.stage.js';
import { TotpFactor } from './totp.factor.js';

let database: DeviceDatabase;
beforeAll(async () => {
  database = await createDeviceDatabase();
});
afterAll(() => database?.close());

const newUser = (): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
});
const setUp = (user: SavedUser | undefined) =>
  driveStage(authenticatorTotpContract, new AuthenticatorTotpStage(database.devices), {
    context: user ? { pending_user: user } : {},
    config: { digits: '6' },
  });
const urlOf = (reply: StageReply) => ('challenge' in reply ? String(reply.challenge?.['config_url']) : '');
const codeOf = (reply: StageReply, steps = 0) =>
  generateSync({ secret: new URL(urlOf(reply)).searchParams.get('secret')!, epoch: Date.now() / 1000 + steps * 30 });

describe('setting up a TOTP device', () => {
  it('shows the same key during the whole plan, and adds the device only after a right code', async () => {
    const alice = newUser();
    const { show, answer } = setUp(alice);
    const shown = await show();
    expect(urlOf(await show())).toBe(urlOf(shown));
    expect(await answer({ code: codeOf(shown, 5) })).toMatchObject({
      errors: { code: [{ code: 'authenticator_totp_code' }] },
    });
    expect(await database.devices.findByUser(alice.uuid)).toEqual([]);
    expect(await answer({ code: codeOf(shown) })).toMatchObject({ type: 'passed' });
    expect(await database.devices.findByUser(alice.uuid)).toMatchObject([{ kind: 'totp', name: 'TOTP Authenticator' }]);
    expect(urlOf(await setUp(alice).show())).not.toBe(urlOf(shown));
  });

  it('makes a login refuse the code that was used in the setup (replay)', async () => {
    const alice = newUser();
    const { show, answer } = setUp(alice);
    const code = codeOf(await show());
    await answer({ code });
    const devices = await database.devices.findByUser(alice.uuid);
    const offer = { uid: '', challenge: {}, devices };
    const replay = { answer: code, offer, devices, user: alice } as unknown as Parameters<TotpFactor['verify']>[0];
    expect(await new TotpFactor(database.devices).verify(replay)).toMatchObject({ type: 'wrong', guessed: true });
  });

  it('refuses a code before a key was shown', async () => {
    const { answer } = setUp(newUser());
    expect(await answer({ code: '000000' })).toMatchObject({ type: 'rejected' });
  });
});
