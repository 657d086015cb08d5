import { randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newUser } from '../../../../testing/duo-harness.js';
import { STAGE, TwilioHarness } from '../../../../testing/twilio-harness.js';

let bench: TwilioHarness;
beforeAll(async () => {
  bench = await TwilioHarness.open();
});
afterAll(() => bench?.close());
beforeEach(async () => {
  bench.twilio.trouble = undefined;
  await bench.database.source.query('TRUNCATE mfa.sends');
});

let phones = 0;
/** A phone of a user; its number, and what it is chosen by. */
async function phoneOf(user: SavedUser, hidden = false) {
  const number = `+1555${String(++phones).padStart(4, '0')}`;
  const secret = hidden ? {} : { secret: { number } };
  const handle = bench.numbers.handleOf(STAGE, number);
  const device = { id: randomUUID(), user: user.uuid, kind: 'sms', name: 'SMS', handle, stage: STAGE } as const;
  const pk = await bench.database.devices.add({ ...device, ...secret });
  return { number, chosen: { device_class: 'sms', device_uid: String(pk), challenge: {} } };
}
const sentTo = (number: string) => bench.twilio.taken.filter(({ to }) => to === number).length;

describe('a phone', () => {
  it('is set up by the code that Twilio takes for it, and by none while Twilio is in trouble', async () => {
    const user = newUser();
    const number = `+1555${String(++phones).padStart(4, '0')}`;
    const { show, answer } = bench.setUp(user, { cooldownS: 0 });
    await show();
    bench.twilio.trouble = 500;
    expect(await answer({ phone_number: number })).toMatchObject({
      errors: { non_field_errors: [{ code: 'authenticator_sms_unsent' }] },
    });
    bench.twilio.trouble = undefined;
    expect(await answer({ phone_number: number })).toMatchObject({ challenge: { phone_number_required: false } });
    expect(await answer({ code: bench.twilio.codeTo(number) })).toMatchObject({ type: 'passed' });
    expect(await bench.database.devices.findByUser(user.uuid)).toMatchObject([{ kind: 'sms', stage: STAGE }]);
  });

  it('gets a code by Twilio when it is chosen and not before, and lets its owner in by it once', async () => {
    const user = newUser();
    const { number, chosen } = await phoneOf(user);
    const { show, answer } = bench.validate(user);
    expect(await show()).toMatchObject({ challenge: { device_challenges: [chosen] } });
    expect(sentTo(number)).toBe(0);
    expect(await answer({ code: '123456' })).toMatchObject({ type: 'rejected' });
    await answer({ selected_challenge: chosen });
    expect(sentTo(number)).toBe(1);
    const code = bench.twilio.codeTo(number);
    expect(await answer({ code })).toMatchObject({ type: 'passed', verified: ['sms'] });
    const another = bench.validate(user);
    await another.show();
    expect(await another.answer({ code })).toMatchObject({ type: 'rejected', failed: ['sms'] });
  });

  it('lets its owner in by a code in the digits of any script', async () => {
    const user = newUser();
    const { number, chosen } = await phoneOf(user);
    const { show, answer } = bench.validate(user);
    await show();
    await answer({ selected_challenge: chosen });
    const code = bench.twilio.codeTo(number).replaceAll(/\d/g, (digit) => '０１２３４５６７８９'[Number(digit)]!);
    expect(await answer({ code })).toMatchObject({ type: 'passed' });
  });

  it('is not proved by a code that was sent to another one of its owner', async () => {
    const user = newUser();
    const [first, other] = [await phoneOf(user), await phoneOf(user)];
    const { show, answer } = bench.validate(user);
    expect(await show()).toMatchObject({ challenge: { device_challenges: [first.chosen] } });
    await answer({ selected_challenge: first.chosen });
    const used = (await bench.database.devices.findByUser(user.uuid)).find(
      ({ pk }) => String(pk) === other.chosen.device_uid,
    );
    await bench.database.devices.recordUse(used!);
    expect(await show()).toMatchObject({ challenge: { device_challenges: [other.chosen] } });
    expect(await answer({ code: bench.twilio.codeTo(first.number) })).toMatchObject({ type: 'rejected' });
  });

  it('takes no right code after five wrong ones', async () => {
    const user = newUser();
    const { number, chosen } = await phoneOf(user);
    const { show, answer } = bench.validate(user);
    await show();
    await answer({ selected_challenge: chosen });
    const code = bench.twilio.codeTo(number);
    for (let i = 0; i < 5; i++) await answer({ code: code === '000000' ? '000001' : '000000' });
    expect(await answer({ code })).toMatchObject({ type: 'rejected', failed: ['sms'] });
  });

  it('is sent no second code a moment later, in this plan or another', async () => {
    const user = newUser();
    const { number, chosen } = await phoneOf(user);
    const { show, answer } = bench.validate(user);
    await show();
    await answer({ selected_challenge: chosen });
    await answer({ selected_challenge: chosen });
    const other = bench.validate(user);
    await other.show();
    expect(await other.answer({ selected_challenge: chosen })).toMatchObject({
      errors: { selected_challenge: [{ code: 'authenticator_validate_sms_early' }] },
    });
    expect(sentTo(number)).toBe(1);
  });

  it('is sent no more messages an hour than the house allows', async () => {
    const user = newUser();
    const { number, chosen } = await phoneOf(user);
    for (let i = 0; i < 3; i++) {
      const { show, answer } = bench.validate(user, { cooldownS: 0, mostAnHour: 2 });
      await show();
      await answer({ selected_challenge: chosen });
    }
    expect(sentTo(number)).toBe(2);
  });

  it.each([400, 500, 'silent'] as const)('lets nobody by while Twilio is in trouble: %s', async (trouble) => {
    const user = newUser();
    const { chosen } = await phoneOf(user);
    const { show, answer } = bench.validate(user);
    await show();
    bench.twilio.trouble = trouble;
    expect(await answer({ selected_challenge: chosen })).toMatchObject({
      errors: { selected_challenge: [{ code: 'authenticator_validate_sms_unsent' }] },
    });
    expect(await answer({ code: '123456' })).toMatchObject({ type: 'rejected' });
  });

  it('is not offered where its number is not known, or the stage that sends to it is gone', async () => {
    const [hidden, orphan] = [newUser(), newUser()];
    await phoneOf(hidden, true);
    await phoneOf(orphan);
    expect((await bench.validate(hidden).show()).type).toBe('denied');
    expect((await bench.validate(orphan, { orphaned: true }).show()).type).toBe('denied');
  });
});
