import { randomUUID } from 'node:crypto';
import type { NewDevice } from '@gatehouse/authenticators';
import type { DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { DeviceClass, SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeHarness, newUser } from '../../../testing/code-harness.js';
import { newTotpKey } from '../totp/totp-key.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import type { AuthenticatorValidateStage } from './authenticator-validate.stage.js';

let database: DeviceDatabase;
let stage: AuthenticatorValidateStage;
beforeAll(async () => {
  ({ database, stage } = await codeHarness());
});
afterAll(() => database?.close());

const CODES = ['Abc123', 'Def456'];
const newKey = newTotpKey();
const codeOf = (key: string, steps = 0) =>
  generateSync({ secret: Buffer.from(key, 'hex'), epoch: Date.now() / 1000 + steps * 30 });

/** Adds a device to a user. Returns its `pk`. */
async function addDevice(user: SavedUser, kind: DeviceClass, fields: Partial<NewDevice> = {}): Promise<string> {
  const pk = await database.devices.add({ id: randomUUID(), user: user.uuid, kind, name: kind, ...fields });
  return String(pk);
}
const addCodes = (user: SavedUser) => addDevice(user, 'static', { codes: CODES });
const addTotp = (user: SavedUser, key = newKey) => addDevice(user, 'totp', { secret: { key, digits: 6 } });

interface DriveOptions {
  readonly config?: Record<string, unknown>;
  readonly request?: Partial<StageRequest>;
}
const drive = (user: SavedUser | undefined, { config = {}, request = {} }: DriveOptions = {}) =>
  driveStage(authenticatorValidateContract, stage, { config, context: user ? { pending_user: user } : {}, request });
const errorsOf = (reply: StageReply) => ('errors' in reply ? reply.errors : undefined);
const entry = (device_class: string, device_uid: string) => ({ device_class, device_uid, challenge: {} });

describe('offered devices', () => {
  it('have one entry for each allowed class of which the user has a device', async () => {
    const alice = newUser();
    const [codes, app] = [await addCodes(alice), await addTotp(alice)];
    await addCodes(alice);
    expect(await drive(alice).show()).toMatchObject({
      challenge: { device_challenges: [entry('static', codes), entry('totp', app)], configuration_stages: [] },
    });
    expect(await drive(alice, { config: { device_classes: ['totp'] } }).show()).toMatchObject({
      challenge: { device_challenges: [entry('totp', app)] },
    });
  });

  it.each([
    ['skip', { type: 'passed' }],
    ['deny', { type: 'denied', message: { code: 'authenticator_validate_none' } }],
    ['configure', { type: 'denied' }],
  ])(
    'are empty for a user without devices and for a visitor without a user: %s',
    async (not_configured_action, reply) => {
      for (const user of [undefined, newUser()])
        expect(await drive(user, { config: { not_configured_action } }).show()).toMatchObject(reply);
    },
  );
});

describe('the factors that the user is asked for', () => {
  /** Returns all subsets of a list, including the empty subset. */
  const subsets = <T>(of: readonly T[]): T[][] =>
    of.reduce<T[][]>((all, item) => [...all, ...all.map((set) => [...set, item])], [[]]);
  const ADD = { static: addCodes, totp: addTotp };
  const OWNED = subsets(['static', 'totp'] as const).map((owned) => ({ owned }));
  const ALLOWED = subsets(['static', 'totp', 'webauthn', 'duo', 'sms'] as const).filter(({ length }) => length > 0);

  it.each(OWNED)('are all allowed factors that the user has (accident 36): $owned', async ({ owned }) => {
    const alice = newUser();
    for (const kind of owned) await ADD[kind](alice);
    for (const device_classes of ALLOWED) {
      const reply = await drive(alice, { config: { device_classes, not_configured_action: 'deny' } }).show();
      const offered = 'challenge' in reply ? reply.challenge['device_challenges'] : [];
      const asked = (offered as { device_class: string }[]).map(({ device_class }) => device_class);
      const expected = owned.filter((kind) => device_classes.includes(kind));
      expect({ device_classes, asked }).toEqual({ device_classes, asked: expected });
      expect(reply.type).toBe(expected.length > 0 ? 'challenge' : 'denied');
    }
  });
});

describe('a device whose stage was deleted', () => {
  const deletedStage = { stage: randomUUID() };
  it.each(['skip', 'deny', 'configure'])(
    'denies its user for every not_configured_action (accident 36): %s',
    async (not_configured_action) => {
      const alice = newUser();
      await addDevice(alice, 'sms', deletedStage);
      const reply = await drive(alice, { config: { not_configured_action } }).show();
      expect(reply).toMatchObject({ type: 'denied', message: { code: 'authenticator_validate_none' } });
    },
  );

  it('denies its user even if the stage exists, but its settings cannot be read', async () => {
    const alice = newUser();
    await addDevice(alice, 'sms', { ...deletedStage, secret: { number: '+15550100' } });
    const unreadable = { id: deletedStage.stage, name: 'sms', kind: 'authenticator_sms', model: 'm', config: {} };
    const request = { companions: { [deletedStage.stage]: unreadable } };
    expect(await drive(alice, { request }).show()).toMatchObject({ type: 'denied' });
  });

  it('does not deny its user if its class is not allowed or its phone number is stored only as a digest', async () => {
    const [alice, bob] = [newUser(), newUser()];
    await addDevice(alice, 'sms', deletedStage);
    await addDevice(bob, 'sms', { ...deletedStage, facts: { verified_only: true } });
    expect(await drive(alice, { config: { device_classes: ['totp'] } }).show()).toEqual({ type: 'passed' });
    expect(await drive(bob).show()).toEqual({ type: 'passed' });
  });
});

describe('a code', () => {
  it('is refused and not consumed if its class is not allowed', async () => {
    const alice = newUser();
    await Promise.all([addCodes(alice), addTotp(alice)]);
    const only = drive(alice, { config: { device_classes: ['totp'] } });
    await only.show();
    expect(errorsOf(await only.answer({ code: 'Abc123' }))).toEqual({
      code: [{ code: 'authenticator_validate_code' }],
    });
    const both = drive(alice);
    await both.show();
    expect(await both.answer({ code: 'Abc123' })).toMatchObject({ type: 'passed' });
  });

  it('is tried only with the chosen device, and a failure counts only for its class', async () => {
    const alice = newUser();
    const app = (await addCodes(alice)) && (await addTotp(alice));
    const { show, answer } = drive(alice);
    await show();
    const reply = await answer({ code: 'Abc123', selected_challenge: entry('totp', app) });
    expect(reply).toMatchObject({ type: 'rejected', failed: ['totp'] });
  });

  it('is tried with all entries if no device is chosen, and a failure counts for the class it looks like', async () => {
    const alice = newUser();
    await addCodes(alice);
    await addTotp(alice);
    const { show, answer } = drive(alice);
    await show();
    for (const code of ['000000', '٠٠٠٠٠٠', 0]) expect(await answer({ code })).toMatchObject({ failed: ['totp'] });
    for (const code of ['bogus', '000000000000']) expect(await answer({ code })).toMatchObject({ failed: ['static'] });
    expect(await answer({ code: codeOf(newKey) })).toMatchObject({ type: 'passed', verified: ['totp'] });
  });

  it('is accepted once from an app, and then no earlier code is accepted in any plan (accident 60)', async () => {
    const alice = newUser();
    await addTotp(alice);
    const submit = async (code: string) => {
      const { show, answer } = drive(alice);
      await show();
      return (await answer({ code })).type;
    };
    // Compute all codes before the first answer, because the clock may reach the next time step in the meantime.
    const [current, earlier] = [codeOf(newKey), codeOf(newKey, -1)];
    expect(await submit(current)).toBe('passed');
    expect(await submit(current)).toBe('rejected');
    expect(await submit(earlier)).toBe('rejected');
  });

  it('is accepted from an app in the digits of any script and with surrounding spaces', async () => {
    const alice = newUser();
    await addTotp(alice);
    const { show, answer } = drive(alice);
    await show();
    const typed = codeOf(newKey).replaceAll(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[Number(digit)]!);
    expect(await answer({ code: ` ${typed} ` })).toMatchObject({ type: 'passed' });
  });

  it('is not tried with a device added after the challenge, which would not be counted (accident 40)', async () => {
    const alice = newUser();
    await addTotp(alice);
    const { show, answer } = drive(alice);
    await show();
    await addCodes(alice);
    expect(await answer({ code: 'Abc123' })).toMatchObject({ type: 'rejected' });
  });

  it('is refused if it is from the device of another user (accident 19)', async () => {
    const [alice, bob] = [newUser(), newUser({ username: 'bob' })];
    await addCodes(bob);
    await addTotp(alice);
    const { show, answer } = drive(alice);
    await show();
    expect(await answer({ code: 'Abc123' })).toMatchObject({ type: 'rejected' });
  });
});

describe('an answer without a valid proof', () => {
  it('gets the same challenge again and counts no attempt if it only chooses a device', async () => {
    const alice = newUser();
    const app = await addTotp(alice);
    const { show, answer } = drive(alice);
    const shown = await show();
    expect(await answer({ selected_challenge: entry('totp', app) })).toEqual(shown);
  });

  it.each([
    [{}, { non_field_errors: [{ code: 'authenticator_validate_empty' }] }],
    [{ selected_challenge: entry('totp', '0') }, { selected_challenge: [{ code: 'authenticator_validate_choice' }] }],
    [{ selected_stage: 'x' }, { selected_stage: [{ code: 'authenticator_validate_stage' }] }],
    [{ duo: 3 }, { duo: [{ code: 'authenticator_validate_class' }] }],
  ])('is rejected with an error for the field: %j', async (response, errors) => {
    const alice = newUser();
    await addTotp(alice);
    const { show, answer } = drive(alice);
    await show();
    const reply = await answer(response);
    expect(errorsOf(reply)).toEqual(errors);
    expect(reply).not.toHaveProperty('failed.0');
  });
});

describe('a user without a device', () => {
  const attached = Object.fromEntries(
    ['totp', 'static'].map((kind, i) => [
      `configuration_stages.${i}`,
      {
        ...{ id: randomUUID(), name: `the ${kind} stage`, kind: `authenticator_${kind}` },
        ...{ model: `authentik_stages_authenticator_${kind}.x`, config: { friendly_name: i === 0 ? 'App' : null } },
      },
    ]),
  );
  const ids = Object.values(attached).map(({ id }) => id);
  const config = { not_configured_action: 'configure', configuration_stages: ids };

  it('continues with the setup stage if there is only one', async () => {
    const options = { config: { ...config, configuration_stages: ids.slice(0, 1) }, request: { attached } };
    const insert = { where: 'next', steps: [{ attached: ids[0] }] };
    expect(await drive(newUser(), options).show()).toEqual({ type: 'passed', insert });
    // An anonymous visitor cannot set up a device, so the stage must deny the visitor.
    expect(await drive(undefined, options).show()).toMatchObject({ type: 'denied' });
  });

  it('continues with the only setup stage for any response if the device was removed after it was shown', async () => {
    const alice = newUser();
    await addTotp(alice);
    const { show, answer } = drive(alice, {
      config: { ...config, configuration_stages: ids.slice(0, 1) },
      request: { attached },
    });
    await show();
    await database.source.query('DELETE FROM mfa.devices WHERE user_id = $1', [alice.uuid]);
    const insert = { where: 'next', steps: [{ attached: ids[0] }] };
    expect(await answer({ code: '123456' })).toEqual({ type: 'passed', insert });
  });

  it('chooses one of several setup stages, and every other response is rejected (accident 40)', async () => {
    const { show, answer } = drive(newUser(), { config, request: { attached } });
    const shown = await show();
    expect(shown).toMatchObject({
      challenge: {
        device_challenges: [],
        configuration_stages: [
          { pk: ids[0], name: 'App', verbose_name: 'TOTP Authenticator' },
          { pk: ids[1], name: 'the static stage', verbose_name: 'Static Authenticator' },
        ],
      },
    });
    expect(errorsOf(await answer({ code: '123456' }))).toEqual({ code: [{ code: 'authenticator_validate_class' }] });
    expect(errorsOf(await answer({ selected_stage: randomUUID() }))).toHaveProperty('selected_stage');
    const device = { device_class: 'totp', device_uid: '1', challenge: {} };
    expect(errorsOf(await answer({ selected_challenge: device }))).toEqual({
      selected_challenge: [{ code: 'authenticator_validate_choice' }],
    });
    const insert = { where: 'next', steps: [{ attached: ids[1] }] };
    expect(await answer({ selected_stage: ids[1] })).toEqual({ type: 'passed', insert });
  });
});
