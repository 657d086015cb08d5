import { randomUUID } from 'node:crypto';
import type { DeviceRepository } from '@gatehouse/authenticators';
import type { DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeHarness, newUser } from '../../../testing/code-harness.js';
import { STAGE, TwilioHarness } from '../../../testing/twilio-harness.js';
import { ceremony, entriesIn, firstChallenge, WebauthnHarness } from '../../../testing/webauthn-harness.js';
import { newTotpKey } from '../totp/totp-key.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import type { AuthenticatorValidateStage } from './authenticator-validate.stage.js';

let database: DeviceDatabase;
let stage: AuthenticatorValidateStage;
let twilio: TwilioHarness;
let keys: WebauthnHarness;
beforeAll(async () => {
  [{ database, stage }, twilio, keys] = await Promise.all([
    codeHarness(),
    TwilioHarness.open(),
    WebauthnHarness.open(),
  ]);
});
afterAll(() => Promise.all([database?.close(), twilio?.close(), keys?.close()]));

/** Records a use of the device with this `pk`, as a login in another browser does. */
async function useInAnotherBrowser(devices: DeviceRepository, { uuid }: SavedUser, pk: string) {
  const device = (await devices.findByUser(uuid)).find((found) => String(found.pk) === pk);
  expect(await devices.recordUse(device!)).toBe(true);
}

describe('an entry for several devices of which another one is used elsewhere before the answer', () => {
  it.each([true, false])('accepts a code of an app if the app was chosen or not: %s', async (isChosen) => {
    const alice = newUser();
    const key = newTotpKey();
    const addApp = (secret: string) =>
      database.devices.add({
        ...{ id: randomUUID(), user: alice.uuid, kind: 'totp', name: 'App', secret: { key: secret, digits: 6 } },
      });
    const [first, second] = [String(await addApp(key)), String(await addApp(newTotpKey()))];
    const { show, answer } = driveStage(authenticatorValidateContract, stage, { context: { pending_user: alice } });
    expect(entriesIn(await show())).toMatchObject([{ device_uid: first }]);
    await useInAnotherBrowser(database.devices, alice, second);
    const code = generateSync({ secret: Buffer.from(key, 'hex') });
    const chosen = { selected_challenge: { device_class: 'totp', device_uid: first, challenge: {} } };
    expect(await answer({ code, ...(isChosen && chosen) })).toMatchObject({ type: 'passed', verified: ['totp'] });
  });

  it('accepts the code that was sent to the chosen phone, even after a wrong code and a reload', async () => {
    const alice = newUser();
    const addPhone = async (number: string) => {
      const handle = twilio.numbers.handleOf(STAGE, number);
      const fields = { id: randomUUID(), user: alice.uuid, kind: 'sms', name: 'SMS', stage: STAGE } as const;
      return String(await twilio.database.devices.add({ ...fields, handle, secret: { number } }));
    };
    const [first, second] = [await addPhone('+15550001'), await addPhone('+15550002')];
    const { show, answer } = twilio.validate(alice);
    await show();
    await answer({ selected_challenge: { device_class: 'sms', device_uid: first, challenge: {} } });
    await useInAnotherBrowser(twilio.database.devices, alice, second);
    const code = twilio.twilio.codeTo('+15550001');
    const wrong = code === '000000' ? '000001' : '000000';
    expect(await answer({ code: wrong })).toMatchObject({ type: 'rejected' });
    expect(entriesIn(await show())).toMatchObject([{ device_uid: first }]);
    expect(await answer({ code })).toMatchObject({ type: 'passed' });
  });

  it('accepts an assertion of a passkey, even of two with the same name or after a new one was added', async () => {
    const alice = newUser();
    const [first, second] = [await keys.registerKey(alice), await keys.registerKey(alice)];
    const { show, answer } = keys.validate({ pending_user: alice });
    const shown = await show();
    const other = await keys.devices.findByHandle('webauthn', second.id);
    await useInAnotherBrowser(keys.devices, alice, String(other!.pk));
    const { kind, facts } = other!;
    await keys.devices.add({ id: randomUUID(), user: alice.uuid, kind, facts, handle: randomUUID(), name: 'A' });
    expect(await answer({ webauthn: first.get(ceremony(firstChallenge(shown))) })).toMatchObject({ type: 'passed' });
  });
});
