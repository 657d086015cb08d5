import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { challengeIn, config, DuoHarness, newUser, STAGE } from '../../../testing/duo-harness.js';
import type { DuoOutage } from '../../../testing/duo-server.js';
import { authenticatorDuoContract } from './authenticator-duo.contract.js';

let harness: DuoHarness;
beforeAll(async () => {
  harness = await DuoHarness.open();
});
afterAll(() => harness.close());
beforeEach(() => {
  harness.server.outage = undefined;
});

describe('pairing a phone with Duo', () => {
  it('shows the same pairing each time, and adds the device once the phone is paired', async () => {
    const user = newUser();
    const stage = harness.setUp(user);
    const shown = challengeIn(await stage.show());
    expect(shown).toEqual({
      activation_barcode: expect.stringMatching(/^https:/),
      activation_code: expect.stringMatching(/^duo:/),
      stage_uuid: STAGE,
    });
    expect(challengeIn(await stage.show())).toEqual(shown);
    expect(await stage.answer({})).toMatchObject({
      type: 'challenge',
      errors: { non_field_errors: [{ code: 'authenticator_duo_status', params: { status: 'waiting' } }] },
    });
    const account = harness.duoUserOf(user);
    account.paired = true;
    expect(await stage.answer({})).toMatchObject({ type: 'passed', effects: [{ action: 'model_created' }] });
    expect(await harness.devices.findByUser(user.uuid)).toMatchObject([
      { kind: 'duo', handle: account.id, stage: STAGE, name: 'Duo Authenticator' },
    ]);
  });

  it('returns the status of the pairing to a poll, and adds no device', async () => {
    const user = newUser();
    const stage = harness.setUp(user);
    await stage.show();
    const pollStatus = async () => challengeIn(await stage.answer({ poll: true }))['duo_response'];
    expect(await pollStatus()).toBe('waiting');
    harness.duoUserOf(user).paired = true;
    expect(await pollStatus()).toBe('success');
    expect(await harness.devices.findByUser(user.uuid)).toEqual([]);
    harness.server.outage = 500;
    expect(await pollStatus()).toBeUndefined();
  });

  it('is denied if Duo no longer knows the pairing, or if another user has the phone', async () => {
    const [lost, twin] = [newUser(), newUser()];
    const stage = harness.setUp(lost);
    await stage.show();
    const user = harness.duoUserOf(lost);
    harness.server.users.delete(user.id);
    expect(await stage.answer({})).toMatchObject({ type: 'denied', message: { params: { status: 'invalid' } } });
    const other = harness.setUp(twin);
    await other.show();
    const account = harness.duoUserOf(twin);
    account.paired = true;
    await harness.devices.add({
      id: lost.uuid,
      user: lost.uuid,
      kind: 'duo',
      name: 'D',
      handle: account.id,
      stage: STAGE,
    });
    expect(await other.answer({})).toMatchObject({ type: 'denied', message: { code: 'authenticator_duo_known' } });
  });

  it('is denied with an event if Duo rejects the enrollment', async () => {
    const user = newUser();
    harness.server.add(user.username);
    expect(await harness.setUp(user).show()).toMatchObject({
      type: 'denied',
      message: { code: 'authenticator_duo_failed' },
      effects: [
        {
          action: 'configuration_error',
          context: { message: expect.stringMatching(/^Failed to enroll user: Received 40002/) },
        },
      ],
    });
  });

  it.each<DuoOutage>(['silent', 'garbage', 429, 500])(
    'repeats the challenge with an error during an outage of Duo, and succeeds afterwards: %s',
    async (outage) => {
      // Only the silent server needs a short timeout. The long timeout of the other cases tolerates a busy machine.
      const setup = harness.setUp(newUser(), outage === 'silent' ? 1000 : 10_000);
      harness.server.outage = outage;
      await expect(setup.show()).rejects.toThrow('stage_busy');
      harness.server.outage = undefined;
      await setup.show();
      harness.server.outage = outage;
      expect(await setup.answer({})).toMatchObject({
        type: 'challenge',
        errors: { non_field_errors: [{ code: 'authenticator_duo_away' }] },
      });
    },
  );

  it('is denied without a user', async () => {
    expect(await harness.setUp(undefined).show()).toMatchObject({ type: 'denied' });
  });

  it.each(['http://evil.example', 'evil.example/x', 'a b', ''])(
    'refuses an api_hostname that is not a host name: %j',
    (api_hostname) => {
      expect(authenticatorDuoContract.config.safeParse({ ...config, api_hostname }).success).toBe(false);
    },
  );
});
