import { randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newUser } from '../../../testing/duo-harness.js';
import { STAGE, TwilioHarness } from '../../../testing/twilio-harness.js';

let harness: TwilioHarness;
beforeAll(async () => {
  harness = await TwilioHarness.open();
});
afterAll(() => harness?.close());
beforeEach(async () => {
  harness.twilio.outage = undefined;
  await harness.database.source.query('TRUNCATE mfa.sends');
});

let phones = 0;
/**
 * Adds a phone to a user. With `hidden`, stores a digest instead of the number. Returns the number and the response
 * that chooses the phone.
 */
async function addPhone(user: SavedUser, hidden = false) {
  const number = `+1555${String(++phones).padStart(4, '0')}`;
  const secret = hidden ? {} : { secret: { number } };
  const handle = harness.numbers.handleOf(STAGE, number);
  const device = { id: randomUUID(), user: user.uuid, kind: 'sms', name: 'SMS', handle, stage: STAGE } as const;
  const pk = await harness.database.devices.add({ ...device, ...secret });
  return { number, chosen: { device_class: 'sms', device_uid: String(pk), challenge: {} } };
}
const messagesTo = (number: string) => harness.twilio.messages.filter(({ to }) => to === number).length;

describe('codes by Twilio', () => {
  it('set up a phone, and are reported as not sent if Twilio fails', async () => {
    const user = newUser();
    const number = `+1555${String(++phones).padStart(4, '0')}`;
    const { show, answer } = harness.setUp(user, { cooldownS: 0 });
    await show();
    harness.twilio.outage = 500;
    expect(await answer({ phone_number: number })).toMatchObject({
      errors: { non_field_errors: [{ code: 'authenticator_sms_unsent' }] },
    });
    harness.twilio.outage = undefined;
    expect(await answer({ phone_number: number })).toMatchObject({ challenge: { phone_number_required: false } });
    expect(await answer({ code: harness.twilio.codeTo(number) })).toMatchObject({ type: 'passed' });
    expect(await harness.database.devices.findByUser(user.uuid)).toMatchObject([{ kind: 'sms', stage: STAGE }]);
  });

  it('are sent only when the user chooses the phone, and are accepted once', async () => {
    const user = newUser();
    const { number, chosen } = await addPhone(user);
    const { show, answer } = harness.validate(user);
    expect(await show()).toMatchObject({ challenge: { device_challenges: [chosen] } });
    expect(messagesTo(number)).toBe(0);
    expect(await answer({ code: '123456' })).toMatchObject({ type: 'rejected' });
    await answer({ selected_challenge: chosen });
    expect(messagesTo(number)).toBe(1);
    const code = harness.twilio.codeTo(number);
    expect(await answer({ code })).toMatchObject({ type: 'passed', verified: ['sms'] });
    const another = harness.validate(user);
    await another.show();
    expect(await another.answer({ code })).toMatchObject({ type: 'rejected', failed: ['sms'] });
  });

  it('are accepted in the digits of any script', async () => {
    const user = newUser();
    const { number, chosen } = await addPhone(user);
    const { show, answer } = harness.validate(user);
    await show();
    await answer({ selected_challenge: chosen });
    const code = harness.twilio.codeTo(number).replaceAll(/\d/g, (digit) => '０１２３４５６７８９'[Number(digit)]!);
    expect(await answer({ code })).toMatchObject({ type: 'passed' });
  });

  it('are refused for another phone of the same user, which is offered after the first phone was removed', async () => {
    const user = newUser();
    const [first, other] = [await addPhone(user), await addPhone(user)];
    const { show, answer } = harness.validate(user);
    expect(await show()).toMatchObject({ challenge: { device_challenges: [first.chosen] } });
    await answer({ selected_challenge: first.chosen });
    await harness.database.source.query('DELETE FROM mfa.devices WHERE pk = $1', [first.chosen.device_uid]);
    expect(await show()).toMatchObject({ challenge: { device_challenges: [other.chosen] } });
    expect(await answer({ code: harness.twilio.codeTo(first.number) })).toMatchObject({ type: 'rejected' });
  });

  it('are refused after five wrong answers', async () => {
    const user = newUser();
    const { number, chosen } = await addPhone(user);
    const { show, answer } = harness.validate(user);
    await show();
    await answer({ selected_challenge: chosen });
    const code = harness.twilio.codeTo(number);
    for (let i = 0; i < 5; i++) await answer({ code: code === '000000' ? '000001' : '000000' });
    expect(await answer({ code })).toMatchObject({ type: 'rejected', failed: ['sms'] });
  });

  it('are not sent twice within the cooldown, in the same plan or in another plan', async () => {
    const user = newUser();
    const { number, chosen } = await addPhone(user);
    const { show, answer } = harness.validate(user);
    await show();
    await answer({ selected_challenge: chosen });
    await answer({ selected_challenge: chosen });
    const other = harness.validate(user);
    await other.show();
    expect(await other.answer({ selected_challenge: chosen })).toMatchObject({
      errors: { selected_challenge: [{ code: 'authenticator_validate_sms_early' }] },
    });
    expect(messagesTo(number)).toBe(1);
  });

  it('are not sent more often than the limit for an hour', async () => {
    const user = newUser();
    const { number, chosen } = await addPhone(user);
    for (let i = 0; i < 3; i++) {
      const { show, answer } = harness.validate(user, { cooldownS: 0, maxPerHour: 2 });
      await show();
      await answer({ selected_challenge: chosen });
    }
    expect(messagesTo(number)).toBe(2);
  });

  it('are limited for a client, even if it uses several addresses of its /64 (accident 50)', async () => {
    const sent: boolean[] = [];
    for (let i = 1; i <= 11; i++) {
      const user = newUser();
      const { number, chosen } = await addPhone(user);
      const { show, answer } = harness.validate(user, { maxPerHour: 1, ip: `2001:db8:1:2::${i}` });
      await show();
      await answer({ selected_challenge: chosen });
      sent.push(messagesTo(number) === 1);
    }
    expect(sent).toEqual([...Array.from({ length: 10 }, () => true), false]);
  });

  it.each([400, 500, 'silent'] as const)(
    'cannot be sent if Twilio fails, and no code is accepted: %s',
    async (outage) => {
      const user = newUser();
      const { chosen } = await addPhone(user);
      const { show, answer } = harness.validate(user);
      await show();
      harness.twilio.outage = outage;
      expect(await answer({ selected_challenge: chosen })).toMatchObject({
        errors: { selected_challenge: [{ code: 'authenticator_validate_sms_unsent' }] },
      });
      expect(await answer({ code: '123456' })).toMatchObject({ type: 'rejected' });
    },
  );

  it('are not offered if the number is unknown or the stage was deleted', async () => {
    const [hidden, orphan] = [newUser(), newUser()];
    await addPhone(hidden, true);
    await addPhone(orphan);
    expect((await harness.validate(hidden).show()).type).toBe('denied');
    expect((await harness.validate(orphan, { stageDeleted: true }).show()).type).toBe('denied');
  });
});
