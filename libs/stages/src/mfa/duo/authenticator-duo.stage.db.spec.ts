import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { challengeIn, config, DuoHarness, newUser, STAGE } from '../../../testing/duo-harness.js';
import type { DuoTrouble } from '../../../testing/duo-server.js';
import { authenticatorDuoContract } from './authenticator-duo.contract.js';

let bench: DuoHarness;
beforeAll(async () => {
  bench = await DuoHarness.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.server.trouble = undefined;
});

describe('pairing a phone with Duo', () => {
  it('shows one pairing however often it is looked at, and keeps the device once the phone is there', async () => {
    const user = newUser();
    const stage = bench.setUp(user);
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
    const account = bench.at(user);
    account.paired = true;
    expect(await stage.answer({})).toMatchObject({ type: 'passed', effects: [{ action: 'model_created' }] });
    expect(await bench.devices.findByUser(user.uuid)).toMatchObject([
      { kind: 'duo', handle: account.id, stage: STAGE, name: 'Duo Authenticator' },
    ]);
  });

  it('tells how far it is, and does nothing by that', async () => {
    const user = newUser();
    const stage = bench.setUp(user);
    await stage.show();
    const told = async () => challengeIn(await stage.answer({ poll: true }))['duo_response'];
    expect(await told()).toBe('waiting');
    bench.at(user).paired = true;
    expect(await told()).toBe('success');
    expect(await bench.devices.findByUser(user.uuid)).toEqual([]);
    bench.server.trouble = 500;
    expect(await told()).toBeUndefined();
  });

  it('ends where Duo knows the pairing no more, or the phone is somebody’s already', async () => {
    const [lost, twin] = [newUser(), newUser()];
    const stage = bench.setUp(lost);
    await stage.show();
    const user = bench.at(lost);
    bench.server.users.delete(user.id);
    expect(await stage.answer({})).toMatchObject({ type: 'denied', message: { params: { status: 'invalid' } } });
    const other = bench.setUp(twin);
    await other.show();
    const account = bench.at(twin);
    account.paired = true;
    await bench.devices.add({
      id: lost.uuid,
      user: lost.uuid,
      kind: 'duo',
      name: 'D',
      handle: account.id,
      stage: STAGE,
    });
    expect(await other.answer({})).toMatchObject({ type: 'denied', message: { code: 'authenticator_duo_known' } });
  });

  it('is refused, with an event, where Duo refuses it', async () => {
    const user = newUser();
    bench.server.add(user.username);
    expect(await bench.setUp(user).show()).toMatchObject({
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

  it.each<DuoTrouble>(['silent', 'garbage', 429, 500])('comes again when Duo is in trouble: %s', async (trouble) => {
    // Only silence has to be waited for; a machine with other work must not look like it.
    const asking = bench.setUp(newUser(), trouble === 'silent' ? 1000 : 10_000);
    bench.server.trouble = trouble;
    await expect(asking.show()).rejects.toThrow('stage_busy');
    bench.server.trouble = undefined;
    await asking.show();
    bench.server.trouble = trouble;
    expect(await asking.answer({})).toMatchObject({
      type: 'challenge',
      errors: { non_field_errors: [{ code: 'authenticator_duo_away' }] },
    });
  });

  it('is for somebody who is there', async () => {
    expect(await bench.setUp(undefined).show()).toMatchObject({ type: 'denied' });
  });

  it.each(['http://evil.example', 'evil.example/x', 'a b', ''])(
    'has a host name for an address: %j',
    (api_hostname) => {
      expect(authenticatorDuoContract.config.safeParse({ ...config, api_hostname }).success).toBe(false);
    },
  );
});
