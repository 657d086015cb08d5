import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DuoHarness, entryIn } from '../../../testing/duo-harness.js';
import type { DuoOutage } from '../../../testing/duo-server.js';

let harness: DuoHarness;
beforeAll(async () => {
  harness = await DuoHarness.open();
});
afterAll(() => harness.close());
beforeEach(() => {
  harness.server.outage = undefined;
  harness.server.outagePath = undefined;
});

const refusal = (code: string) => ({ type: 'rejected', errors: { duo: [{ code }] } });

describe('a push', () => {
  it('is sent once, and later requests of the same login wait for the answer of the user', async () => {
    const user = await harness.addPairedUser();
    const stage = harness.validate(user, { deadlineMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    const first = await stage.answer({ duo });
    expect(first).toMatchObject({ type: 'challenge' });
    expect(first).not.toHaveProperty('errors');
    expect(await stage.answer({ duo })).toMatchObject({ type: 'challenge' });
    expect(harness.pushesTo(user)).toHaveLength(1);
    expect(harness.pushesTo(user)[0]!.parameters).toMatchObject({
      ...{ factor: 'push', device: 'auto', ipaddr: '203.0.113.7', type: 'Example Login request' },
      pushinfo: 'Domain=id.example.org',
    });
    harness.server.answerPush('allow', harness.pushesTo(user)[0]!.txid);
    expect(await stage.answer({ duo })).toMatchObject({
      type: 'passed',
      context: { auth_method: 'auth_mfa', auth_method_args: { mfa_devices: [{ model_name: 'duodevice' }] } },
      verified: ['duo'],
    });
  });

  it('rejects the login and starts a cooldown if the user denies it on the phone', async () => {
    const user = await harness.addPairedUser();
    const stage = harness.validate(user, { deadlineMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    await stage.answer({ duo });
    harness.server.answerPush('deny', harness.pushesTo(user)[0]!.txid);
    const denied = refusal('authenticator_validate_duo');
    expect(await stage.answer({ duo })).toMatchObject({
      ...denied,
      failed: ['duo'],
      effects: [
        { action: 'login_failed', context: { device_class: 'duo', duo_response: { result: 'deny' } } },
        { type: 'reputation', delta: -1 },
      ],
    });
    expect(await stage.answer({ duo })).toMatchObject(denied);
    expect(harness.pushesTo(user)).toHaveLength(1);
  });

  it('is not sent by another login within the cooldown after a denial', async () => {
    const user = await harness.addPairedUser();
    const stage = harness.validate(user, { deadlineMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    await stage.answer({ duo });
    await harness.passTime(120);
    harness.server.answerPush('deny', harness.pushesTo(user)[0]!.txid);
    await stage.answer({ duo });
    const other = harness.validate(user, { deadlineMs: 1000 });
    await other.show();
    expect(await other.answer({ duo })).toMatchObject({ ...refusal('authenticator_validate_duo'), failed: [] });
    expect(harness.pushesTo(user)).toHaveLength(1);
  });

  it('can be sent again after the cooldown', async () => {
    const user = await harness.addPairedUser();
    const stage = harness.validate(user, { deadlineMs: 1000, cooldownMs: -1 });
    const { device_uid: duo } = entryIn(await stage.show());
    await stage.answer({ duo });
    harness.server.answerPush('deny', harness.pushesTo(user)[0]!.txid);
    await stage.answer({ duo });
    await stage.answer({ duo });
    expect(harness.pushesTo(user)).toHaveLength(2);
  });

  it('is limited by a cooldown and an hourly limit for all logins of the user', async () => {
    const user = await harness.addPairedUser();
    const push = async (limits: { cooldownMs: number; maxPerHour?: number }) => {
      const stage = harness.validate(user, { deadlineMs: 1000, ...limits });
      return stage.answer({ duo: entryIn(await stage.show()).device_uid });
    };
    expect(await push({ cooldownMs: 60_000 })).toMatchObject({ type: 'challenge' });
    expect(await push({ cooldownMs: 60_000 })).toMatchObject(refusal('authenticator_validate_duo'));
    expect(await push({ cooldownMs: 0, maxPerHour: 2 })).toMatchObject({ type: 'challenge' });
    expect(await push({ cooldownMs: 0, maxPerHour: 2 })).toMatchObject(refusal('authenticator_validate_duo'));
    expect(harness.pushesTo(user)).toHaveLength(2);
  });

  it('passes the step only if the result is `allow`', async () => {
    for (const result of ['', 'allowed', 'bypass', 'fraud']) {
      const user = await harness.addPairedUser();
      const stage = harness.validate(user, { deadlineMs: 1000 });
      const { device_uid: duo } = entryIn(await stage.show());
      await stage.answer({ duo });
      harness.server.answerPush(result, harness.pushesTo(user)[0]!.txid);
      expect(await stage.answer({ duo })).toMatchObject(refusal('authenticator_validate_duo'));
    }
  });

  it('shows its number until the user answers, if it is a verified push', async () => {
    const user = await harness.addPairedUser(true);
    const stage = harness.validate(user, { deadlineMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    const number = { errors: { duo: [{ code: 'authenticator_validate_duo_number', params: { number: '042931' } }] } };
    const first = await stage.answer({ duo });
    expect(first).toMatchObject({ type: 'challenge', ...number });
    expect(entryIn(first).challenge).toEqual({ number: '042931' });
    expect(await stage.answer({ duo })).toMatchObject({ type: 'challenge', ...number });
    expect(entryIn(await stage.show()).challenge).toEqual({ number: '042931' });
    harness.server.answerPush('allow', harness.pushesTo(user)[0]!.txid);
    expect(await stage.answer({ duo })).toMatchObject({ type: 'passed' });
  });

  it('shows no number after it has ended without an answer', async () => {
    const user = await harness.addPairedUser(true);
    const [device] = await harness.devices.findByUser(user.uuid);
    const numberOf = async (until: number) => {
      const duo = { device: device!.pk, transaction: 'tx', until, number: '042931' };
      const state = { offers: [{ device_class: 'duo', device_uid: String(device!.pk) }], memory: { duo } };
      return entryIn(await harness.validate(user, { request: { state } }).show()).challenge;
    };
    expect(await numberOf(Date.now() + 60_000)).toEqual({ number: '042931' });
    expect(await numberOf(Date.now())).toEqual({});
  });

  it('shows no number to an outpost', async () => {
    const user = await harness.addPairedUser(true);
    const stage = harness.validate(user, { deadlineMs: 1000, outpost: true });
    const { device_uid: duo } = entryIn(await stage.show());
    const waiting = await stage.answer({ duo });
    expect(waiting).not.toHaveProperty('errors');
    expect(entryIn(waiting).challenge).toEqual({});
  });

  it.each([
    ['allow', 'passed'],
    ['deny', 'rejected'],
    ['enroll', 'rejected'],
  ] as const)('is not sent if Duo decides without a push: %s', async (demand, type) => {
    const user = await harness.addPairedUser();
    harness.duoUserOf(user).preauthResult = demand;
    const stage = harness.validate(user);
    const { device_uid: duo } = entryIn(await stage.show());
    expect(await stage.answer({ duo })).toMatchObject({ type });
    expect(harness.pushesTo(user)).toEqual([]);
  });

  it.each<DuoOutage>(['silent', 'garbage', 429, 500])(
    'fails without counting an attempt if Duo is unavailable: %s',
    async (outage) => {
      const user = await harness.addPairedUser();
      const stage = harness.validate(user, { timeoutMs: 100 });
      const { device_uid: duo } = entryIn(await stage.show());
      harness.server.outage = outage;
      const refused = await stage.answer({ duo });
      expect(refused).toMatchObject({ ...refusal('authenticator_validate_duo_away'), failed: [] });
    },
  );

  it('is awaited by the next request if Duo became unavailable after it was sent', async () => {
    const user = await harness.addPairedUser();
    const stage = harness.validate(user, { deadlineMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    harness.server.outage = 500;
    harness.server.outagePath = '/auth/v2/auth_status';
    expect(await stage.answer({ duo })).toMatchObject({ ...refusal('authenticator_validate_duo_away'), failed: [] });
    harness.server.outage = undefined;
    harness.server.answerPush('allow', harness.pushesTo(user)[0]!.txid);
    expect(await stage.answer({ duo })).toMatchObject({ type: 'passed' });
    expect(harness.pushesTo(user)).toHaveLength(1);
  });

  it('is reported as unavailable, not as denied, within its cooldown if this login could not send it', async () => {
    const user = await harness.addPairedUser();
    const stage = harness.validate(user, { deadlineMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    harness.server.outage = 500;
    harness.server.outagePath = '/auth/v2/auth';
    await stage.answer({ duo });
    harness.server.outage = undefined;
    const away = { ...refusal('authenticator_validate_duo_away'), failed: [] };
    expect([await stage.answer({ duo }), await stage.answer({ duo })]).toMatchObject([away, away]);
    const other = harness.validate(user, { deadlineMs: 1000 });
    await other.show();
    expect(await other.answer({ duo })).toMatchObject(refusal('authenticator_validate_duo'));
    await harness.passTime(120);
    expect(await stage.answer({ duo })).toMatchObject({ type: 'challenge' });
    expect(harness.pushesTo(user)).toHaveLength(1);
  });

  it('is not sent to the phone of another user (accident 19)', async () => {
    const [user, other] = [await harness.addPairedUser(), await harness.addPairedUser()];
    const [theirs] = await harness.devices.findByUser(other.uuid);
    const stage = harness.validate(user);
    await stage.show();
    for (const duo of [theirs!.pk, 0, -1, 99_999])
      expect(await stage.answer({ duo })).toMatchObject(refusal('authenticator_validate_duo'));
    expect([...harness.pushesTo(user), ...harness.pushesTo(other)]).toEqual([]);
  });

  it('is not offered if its stage was deleted, and is refused if the device is deleted before the answer', async () => {
    const user = await harness.addPairedUser();
    expect(await harness.validate(user, { request: { companions: {} } }).show()).toMatchObject({ type: 'denied' });
    const stage = harness.validate(user, { deadlineMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    await stage.answer({ duo });
    harness.server.answerPush('allow', harness.pushesTo(user)[0]!.txid);
    await harness.deleteDevices(user);
    expect(await stage.answer({ duo })).toMatchObject({ type: 'denied' });
  });
});
