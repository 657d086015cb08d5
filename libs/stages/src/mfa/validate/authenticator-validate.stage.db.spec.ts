import { randomUUID } from 'node:crypto';
import type { NewDevice } from '@gatehouse/authenticators';
import type { DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { DeviceClass, SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeHarness, person } from '../../../testing/code-harness.js';
import { freshKey } from '../totp/totp-key.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import type { AuthenticatorValidateStage } from './authenticator-validate.stage.js';

let database: DeviceDatabase;
let stage: AuthenticatorValidateStage;
beforeAll(async () => {
  ({ database, stage } = await codeHarness());
});
afterAll(() => database?.close());

const CODES = ['Abc123', 'Def456'];
const newKey = freshKey();
const codeOf = (key: string, steps = 0) =>
  generateSync({ secret: Buffer.from(key, 'hex'), epoch: Date.now() / 1000 + steps * 30 });

/** The number of a device that `user` has from now on. */
async function has(user: SavedUser, kind: DeviceClass, fields: Partial<NewDevice> = {}): Promise<string> {
  const pk = await database.devices.add({ id: randomUUID(), user: user.uuid, kind, name: kind, ...fields });
  return String(pk);
}
const hasCodes = (user: SavedUser) => has(user, 'static', { codes: CODES });
const hasApp = (user: SavedUser, key = newKey) => has(user, 'totp', { secret: { key, digits: 6 } });

interface Given {
  readonly config?: Record<string, unknown>;
  readonly request?: Partial<StageRequest>;
}
const drive = (user: SavedUser | undefined, { config = {}, request = {} }: Given = {}) =>
  driveStage(authenticatorValidateContract, stage, { config, context: user ? { pending_user: user } : {}, request });
const errorsOf = (reply: StageReply) => ('errors' in reply ? reply.errors : undefined);
const chosen = (device_class: string, device_uid: string) => ({ device_class, device_uid, challenge: {} });

describe('what is offered', () => {
  it('is one entry for each allowed class that the user has a device of', async () => {
    const alice = person();
    const [codes, app] = [await hasCodes(alice), await hasApp(alice)];
    await hasCodes(alice);
    expect(await drive(alice).show()).toMatchObject({
      challenge: { device_challenges: [chosen('static', codes), chosen('totp', app)], configuration_stages: [] },
    });
    expect(await drive(alice, { config: { device_classes: ['totp'] } }).show()).toMatchObject({
      challenge: { device_challenges: [chosen('totp', app)] },
    });
  });

  it.each([
    ['skip', { type: 'passed' }],
    ['deny', { type: 'denied', message: { code: 'authenticator_validate_none' } }],
    ['configure', { type: 'denied' }],
  ])('is nothing for whoever has none, or is nobody: %s', async (not_configured_action, reply) => {
    for (const user of [undefined, person()])
      expect(await drive(user, { config: { not_configured_action } }).show()).toMatchObject(reply);
  });
});

describe('a device whose stage is gone', () => {
  const stranded = { stage: randomUUID() };
  it.each(['skip', 'deny', 'configure'])('lets nobody past for having no other: %s', async (not_configured_action) => {
    const alice = person();
    await has(alice, 'sms', stranded);
    const reply = await drive(alice, { config: { not_configured_action } }).show();
    expect(reply).toMatchObject({ type: 'denied', message: { code: 'authenticator_validate_none' } });
  });

  it('counts for nothing where its class is not asked for, or its number was only verified once', async () => {
    const [alice, bob] = [person(), person()];
    await has(alice, 'sms', stranded);
    await has(bob, 'sms', { ...stranded, facts: { verified_only: true } });
    expect(await drive(alice, { config: { device_classes: ['totp'] } }).show()).toEqual({ type: 'passed' });
    expect(await drive(bob).show()).toEqual({ type: 'passed' });
  });
});

describe('a code', () => {
  it('of a class that the stage does not allow proves nothing, and is not used up', async () => {
    const alice = person();
    await Promise.all([hasCodes(alice), hasApp(alice)]);
    const only = drive(alice, { config: { device_classes: ['totp'] } });
    await only.show();
    expect(errorsOf(await only.answer({ code: 'Abc123' }))).toEqual({
      code: [{ code: 'authenticator_validate_code' }],
    });
    const both = drive(alice);
    await both.show();
    expect(await both.answer({ code: 'Abc123' })).toMatchObject({ type: 'passed' });
  });

  it('is tried on the chosen device only, and a miss counts for that one alone', async () => {
    const alice = person();
    const app = (await hasCodes(alice)) && (await hasApp(alice));
    const { show, answer } = drive(alice);
    await show();
    const reply = await answer({ code: 'Abc123', selected_challenge: chosen('totp', app) });
    expect(reply).toMatchObject({ type: 'rejected', failed: ['totp'] });
  });

  it('without a choice is tried on all that were shown: a miss counts for each, a hit clears the one that matched', async () => {
    const alice = person();
    await hasCodes(alice);
    await hasApp(alice);
    const { show, answer } = drive(alice);
    await show();
    expect(await answer({ code: 'bogus' })).toMatchObject({ failed: ['static', 'totp'] });
    expect(await answer({ code: codeOf(newKey) })).toMatchObject({ type: 'passed', verified: ['totp'] });
  });

  it('by the clock counts once, and so does none before it, in however many plans (accident 60)', async () => {
    const alice = person();
    await hasApp(alice);
    const answered = async (code: string) => {
      const { show, answer } = drive(alice);
      await show();
      return (await answer({ code })).type;
    };
    expect(await answered(codeOf(newKey))).toBe('passed');
    expect(await answered(codeOf(newKey))).toBe('rejected');
    expect(await answered(codeOf(newKey, -1))).toBe('rejected');
  });

  it('by the clock may be typed in the digits of any script, with spaces around it', async () => {
    const alice = person();
    await hasApp(alice);
    const { show, answer } = drive(alice);
    await show();
    const typed = codeOf(newKey).replaceAll(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[Number(digit)]!);
    expect(await answer({ code: ` ${typed} ` })).toMatchObject({ type: 'passed' });
  });

  it('is judged by what was shown: a device that came since is not tried, and so not guessed uncounted', async () => {
    const alice = person();
    await hasApp(alice);
    const { show, answer } = drive(alice);
    await show();
    await hasCodes(alice);
    expect(await answer({ code: 'Abc123' })).toMatchObject({ type: 'rejected' });
  });

  it('of somebody else’s device proves nothing (accident 19)', async () => {
    const [alice, bob] = [person(), person({ username: 'bob' })];
    await hasCodes(bob);
    await hasApp(alice);
    const { show, answer } = drive(alice);
    await show();
    expect(await answer({ code: 'Abc123' })).toMatchObject({ type: 'rejected' });
  });
});

describe('an answer that proves nothing', () => {
  it('but chooses goes no further, and is no failure', async () => {
    const alice = person();
    const app = await hasApp(alice);
    const { show, answer } = drive(alice);
    const shown = await show();
    expect(await answer({ selected_challenge: chosen('totp', app) })).toEqual(shown);
  });

  it.each([
    [{}, { non_field_errors: [{ code: 'authenticator_validate_empty' }] }],
    [{ selected_challenge: chosen('totp', '0') }, { selected_challenge: [{ code: 'authenticator_validate_choice' }] }],
    [{ selected_stage: 'x' }, { selected_stage: [{ code: 'authenticator_validate_stage' }] }],
    [{ duo: 3 }, { duo: [{ code: 'authenticator_validate_class' }] }],
  ])('(%j) is told what is wrong with it', async (response, errors) => {
    const alice = person();
    await hasApp(alice);
    const { show, answer } = drive(alice);
    await show();
    const reply = await answer(response);
    expect(errorsOf(reply)).toEqual(errors);
    expect(reply).not.toHaveProperty('failed.0');
  });
});

describe('whoever has no device', () => {
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

  it('sets one up instead: the only one at once', async () => {
    const one = { config: { ...config, configuration_stages: ids.slice(0, 1) }, request: { attached } };
    const insert = { where: 'next', steps: [{ attached: ids[0] }] };
    expect(await drive(person(), one).show()).toEqual({ type: 'passed', insert });
    // Nobody has no device to set up, and does not get by for that.
    expect(await drive(undefined, one).show()).toMatchObject({ type: 'denied' });
  });

  it('chooses among several, by their names, and nothing else gets on', async () => {
    const { show, answer } = drive(person(), { config, request: { attached } });
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
