import type { PlanContext } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevicesDatabase, devicesDatabase } from '../../../../../test/support/devices.js';
import { stranger } from '../duo/testing.js';
import { authenticatorTotpContract } from './authenticator-totp.contract.js';
import { AuthenticatorTotpStage } from './authenticator-totp.stage.js';

let database: DevicesDatabase;
beforeAll(async () => {
  database = await devicesDatabase();
});
afterAll(() => database?.close());

const setUp = (context: PlanContext, digits: '6' | '8' = '6') =>
  driveStage(authenticatorTotpContract, new AuthenticatorTotpStage(database.devices), { config: { digits }, context });
const addressIn = (reply: object) => new URL((reply as { challenge: { config_url: string } }).challenge.config_url);
function codeOf(address: URL, steps = 0): string {
  const secret = new ScureBase32Plugin().decode(address.searchParams.get('secret') ?? '');
  const digits = Number(address.searchParams.get('digits')) as 6 | 8;
  return generateSync({ secret, digits, epoch: Date.now() / 1000 + steps * 30 });
}
const REFUSED = { type: 'rejected', errors: { code: [{ code: 'authenticator_totp_code' }] } };

describe('setting an app up', () => {
  it.each(['6', '8'] as const)(
    'keeps it once, by a code of %s digits, which is used up by that (D3 60)',
    async (digits) => {
      const user = stranger();
      const { show, answer } = setUp({ pending_user: user }, digits);
      const address = addressIn(await show());
      expect(address.href).toContain(`otpauth://totp/Example%3A${user.username}?`);
      expect(address.searchParams.get('digits')).toBe(digits);
      const code = codeOf(address);
      const kept = await answer({ code });
      const pk = (await database.devices.of(user.uuid))[0]?.pk;
      const model = {
        app: 'authentik_stages_authenticator_totp',
        model_name: 'totpdevice',
        name: 'TOTP Authenticator',
        pk,
      };
      expect(kept).toEqual({
        type: 'passed',
        effects: [{ type: 'event', action: 'model_created', context: { model } }],
      });

      expect((await answer({ code })).type).toBe('passed');
      const [device, ...more] = await database.devices.of(user.uuid);
      expect(more).toEqual([]);
      expect(device).toMatchObject({ kind: 'totp', name: 'TOTP Authenticator' });
      expect(await database.devices.use(device!, { to: device!.counter })).toBe(false);
    },
  );

  it('shows one key however often it is looked at, and keeps none that nobody has proved', async () => {
    const user = stranger();
    const { show, answer } = setUp({ pending_user: user });
    const address = addressIn(await show());
    expect(addressIn(await show()).href).toBe(address.href);
    for (const code of ['0000000', codeOf(address, 20)]) expect(await answer({ code })).toMatchObject(REFUSED);
    expect(addressIn(await show()).href).toBe(address.href);
    expect(await database.devices.of(user.uuid)).toEqual([]);
  });

  it('proves nothing before a key was shown, nor by the key of another plan', async () => {
    const user = stranger();
    expect(await setUp({ pending_user: user }).answer({ code: '123456' })).toMatchObject(REFUSED);
    const [one, other] = [setUp({ pending_user: user }), setUp({ pending_user: user })];
    const address = addressIn(await one.show());
    await other.show();
    expect(await other.answer({ code: codeOf(address) })).toMatchObject(REFUSED);
  });

  it('passes nobody at all by, and denies whoever is not saved yet', async () => {
    expect(await setUp({}).show()).toEqual({ type: 'passed' });
    const pending_user = { kind: 'pretended', username: 'nobody', email: '' } as const;
    expect((await setUp({ pending_user }).show()).type).toBe('denied');
  });
});
