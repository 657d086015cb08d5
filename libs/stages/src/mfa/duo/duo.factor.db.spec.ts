import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DuoHarness, entryIn } from '../../../testing/duo-harness.js';
import type { DuoTrouble } from '../../../testing/duo-server.js';

let bench: DuoHarness;
beforeAll(async () => {
  bench = await DuoHarness.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.server.trouble = undefined;
});

const refusal = (code: string) => ({ type: 'rejected', errors: { duo: [{ code }] } });

describe('asking a phone', () => {
  it('sends one message, waits as long as it may, and goes on waiting when it is asked again', async () => {
    const user = await bench.paired();
    const stage = bench.validate(user, { turnMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    const first = await stage.answer({ duo });
    expect(first).toMatchObject({ type: 'challenge' });
    expect(first).not.toHaveProperty('errors');
    expect(await stage.answer({ duo })).toMatchObject({ type: 'challenge' });
    expect(bench.pushesTo(user)).toHaveLength(1);
    expect(bench.pushesTo(user)[0]!.parameters).toMatchObject({
      ...{ factor: 'push', device: 'auto', ipaddr: '203.0.113.7', type: 'Example Login request' },
      pushinfo: 'Domain=id.example.org',
    });
    bench.server.decide('allow', bench.pushesTo(user)[0]!.txid);
    expect(await stage.answer({ duo })).toMatchObject({
      type: 'passed',
      context: { auth_method: 'auth_mfa', auth_method_args: { mfa_devices: [{ model_name: 'duodevice' }] } },
      verified: ['duo'],
    });
  });

  it('lets nobody in who is refused on the phone, and sends it no other message for a while', async () => {
    const user = await bench.paired();
    const stage = bench.validate(user, { turnMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    await stage.answer({ duo });
    bench.server.decide('deny', bench.pushesTo(user)[0]!.txid);
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
    expect(bench.pushesTo(user)).toHaveLength(1);
  });

  it('asks anew once the phone has had its rest', async () => {
    const user = await bench.paired();
    const stage = bench.validate(user, { turnMs: 1000, restMs: -1 });
    const { device_uid: duo } = entryIn(await stage.show());
    await stage.answer({ duo });
    bench.server.decide('deny', bench.pushesTo(user)[0]!.txid);
    await stage.answer({ duo });
    await stage.answer({ duo });
    expect(bench.pushesTo(user)).toHaveLength(2);
  });

  it('gets no message for a while after another, whatever login asks for one, and so many an hour', async () => {
    const user = await bench.paired();
    const push = async (wishes: { restMs: number; mostAnHour?: number }) => {
      const stage = bench.validate(user, { turnMs: 1000, ...wishes });
      return stage.answer({ duo: entryIn(await stage.show()).device_uid });
    };
    expect(await push({ restMs: 60_000 })).toMatchObject({ type: 'challenge' });
    expect(await push({ restMs: 60_000 })).toMatchObject(refusal('authenticator_validate_duo'));
    expect(await push({ restMs: 0, mostAnHour: 2 })).toMatchObject({ type: 'challenge' });
    expect(await push({ restMs: 0, mostAnHour: 2 })).toMatchObject(refusal('authenticator_validate_duo'));
    expect(bench.pushesTo(user)).toHaveLength(2);
  });

  it('takes no word but a yes for a yes', async () => {
    for (const word of ['', 'allowed', 'bypass', 'fraud']) {
      const user = await bench.paired();
      const stage = bench.validate(user, { turnMs: 1000 });
      const { device_uid: duo } = entryIn(await stage.show());
      await stage.answer({ duo });
      bench.server.decide(word, bench.pushesTo(user)[0]!.txid);
      expect(await stage.answer({ duo })).toMatchObject(refusal('authenticator_validate_duo'));
    }
  });

  it('shows the number that Duo wants to be typed in, at once and until it is', async () => {
    const user = await bench.paired(true);
    const stage = bench.validate(user, { turnMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    const number = { errors: { duo: [{ code: 'authenticator_validate_duo_number', params: { number: '042931' } }] } };
    const first = await stage.answer({ duo });
    expect(first).toMatchObject({ type: 'challenge', ...number });
    expect(entryIn(first).challenge).toEqual({ number: '042931' });
    expect(await stage.answer({ duo })).toMatchObject({ type: 'challenge', ...number });
    expect(entryIn(await stage.show()).challenge).toEqual({ number: '042931' });
    bench.server.decide('allow', bench.pushesTo(user)[0]!.txid);
    expect(await stage.answer({ duo })).toMatchObject({ type: 'passed' });
  });

  it('asks for no number where nobody would see it', async () => {
    const user = await bench.paired(true);
    const stage = bench.validate(user, { turnMs: 1000, outpost: true });
    const { device_uid: duo } = entryIn(await stage.show());
    const waiting = await stage.answer({ duo });
    expect(waiting).not.toHaveProperty('errors');
    expect(entryIn(waiting).challenge).toEqual({});
  });

  it.each([
    ['allow', 'passed'],
    ['deny', 'rejected'],
    ['enroll', 'rejected'],
  ] as const)('sends no message where Duo wants none: %s', async (demand, type) => {
    const user = await bench.paired();
    bench.at(user).demand = demand;
    const stage = bench.validate(user);
    const { device_uid: duo } = entryIn(await stage.show());
    expect(await stage.answer({ duo })).toMatchObject({ type });
    expect(bench.pushesTo(user)).toEqual([]);
  });

  it.each<DuoTrouble>(['silent', 'garbage', 429, 500])(
    'passes nobody when Duo is in trouble, and counts nothing: %s',
    async (trouble) => {
      const user = await bench.paired();
      const stage = bench.validate(user, { timeoutMs: 100 });
      const { device_uid: duo } = entryIn(await stage.show());
      bench.server.trouble = trouble;
      const refused = await stage.answer({ duo });
      expect(refused).toMatchObject({ ...refusal('authenticator_validate_duo_away'), failed: [] });
    },
  );

  it('asks no phone but the user’s own (accident 19)', async () => {
    const [user, other] = [await bench.paired(), await bench.paired()];
    const [theirs] = await bench.devices.findByUser(other.uuid);
    const stage = bench.validate(user);
    await stage.show();
    for (const duo of [theirs!.pk, 0, -1, 99_999])
      expect(await stage.answer({ duo })).toMatchObject(refusal('authenticator_validate_duo'));
    expect([...bench.pushesTo(user), ...bench.pushesTo(other)]).toEqual([]);
  });

  it('offers no device whose stage is gone, and passes none that was removed meanwhile', async () => {
    const user = await bench.paired();
    expect(await bench.validate(user, { request: { companions: {} } }).show()).toMatchObject({ type: 'denied' });
    const stage = bench.validate(user, { turnMs: 1000 });
    const { device_uid: duo } = entryIn(await stage.show());
    await stage.answer({ duo });
    bench.server.decide('allow', bench.pushesTo(user)[0]!.txid);
    await bench.forget(user);
    expect(await stage.answer({ duo })).toMatchObject({ type: 'denied' });
  });
});
