import { randomInt, randomUUID } from 'node:crypto';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmsHarness } from '../../../testing/sms-harness.js';

let harness: SmsHarness;
beforeAll(async () => {
  harness = await SmsHarness.open();
});
beforeEach(() => {
  harness.server.sent.length = 0;
  harness.server.status = 200;
});
afterAll(() => harness?.close());

const newUser = (): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
});
const newNumber = () => `+1555${String(randomInt(1e9)).padStart(9, '0')}`;
const lastCode = () => harness.server.code;
const otherCode = () => harness.server.otherCode;
const asksForNumber = (reply: StageReply) =>
  'challenge' in reply ? reply.challenge?.['phone_number_required'] : undefined;
const refusal = (code: string) => ({ type: 'rejected', errors: { non_field_errors: [{ code }] } });
const tooEarly = { type: 'challenge', errors: { non_field_errors: [{ code: 'authenticator_sms_early' }] } };

describe('setting up a phone', () => {
  it('adds the device only after the right code', async () => {
    const [alice, number] = [newUser(), newNumber()];
    const { show, answer } = harness.setUp(alice);
    expect(asksForNumber(await show())).toBe(true);
    expect(await answer({ phone_number: number })).toMatchObject({ type: 'challenge', errors: {} });
    expect(await answer({ code: otherCode() })).toMatchObject(refusal('authenticator_sms_code'));
    expect(await harness.devices.findByUser(alice.uuid)).toEqual([]);
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'passed', verified: ['sms_setup'] });
    const [device] = await harness.devices.findByUser(alice.uuid);
    expect(device?.openSecret()).toEqual({ number });
  });

  it('adds the number to which the last code was sent, and refuses the code of an earlier number', async () => {
    const [alice, first, second] = [newUser(), newNumber(), newNumber()];
    const { answer } = harness.setUp(alice);
    await answer({ phone_number: first });
    const firstCode = lastCode();
    await answer({ phone_number: second });
    expect(harness.server.sent.map(({ To }) => To)).toEqual([first, second]);
    const stale = firstCode === lastCode() ? otherCode() : firstCode;
    expect(await answer({ code: stale })).toMatchObject(refusal('authenticator_sms_code'));
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'passed' });
    const [device] = await harness.devices.findByUser(alice.uuid);
    expect(device?.openSecret()).toEqual({ number: second });
  });

  it('asks for another number if the entered number is registered, invalid or unreachable', async () => {
    const registered = newNumber();
    const first = harness.setUp(newUser());
    await first.answer({ phone_number: registered });
    await first.answer({ code: lastCode() });
    const { answer } = harness.setUp(newUser());
    for (const phone_number of [registered, `${registered.slice(0, 2)} ${registered.slice(2)}`, 'whatsapp:+15550100']) {
      const refused = await answer({ phone_number });
      expect(refused).toMatchObject(refusal('authenticator_sms_number'));
      expect(asksForNumber(refused)).toBe(true);
    }
    expect(harness.server.sent).toHaveLength(1);
    harness.server.status = 500;
    const unsent = await answer({ phone_number: newNumber() });
    expect(unsent).toMatchObject(refusal('authenticator_sms_unsent'));
    expect(asksForNumber(unsent)).toBe(true);
  });

  it('accepts five tries for a code, and then asks for the number again', async () => {
    const { answer } = harness.setUp(newUser());
    await answer({ phone_number: newNumber() });
    const replies = [];
    for (let tries = 0; tries < 5; tries++) replies.push(await answer({ code: otherCode() }));
    expect(replies.map(asksForNumber)).toEqual([false, false, false, false, true]);
    expect(replies.at(-1)).toMatchObject({ failed: ['sms_setup'] });
    expect(await answer({ code: lastCode() })).toMatchObject(refusal('authenticator_sms_code'));
  });

  it('limits messages by a cooldown and an hourly limit, counting all spellings of a number as one', async () => {
    const number = newNumber();
    const hurried = harness.setUp(newUser(), { limits: { SMS_COOLDOWN_S: 60 } });
    await hurried.answer({ phone_number: number });
    await hurried.answer({ phone_number: number });
    expect(await hurried.answer({ phone_number: newNumber() })).toMatchObject(tooEarly);
    expect(harness.server.sent).toHaveLength(1);

    const limits = { SMS_MAX_AN_HOUR: 2 };
    const spelled = number.replaceAll(/\B/g, '-');
    expect(await harness.setUp(newUser(), { limits }).answer({ phone_number: spelled })).toMatchObject({ errors: {} });
    const third = harness
      .setUp(newUser(), { limits })
      .answer({ phone_number: ` ${number.slice(0, 5)} ${number.slice(5)}` });
    expect(await third).toMatchObject(tooEarly);
    expect(harness.server.sent.map(({ To }) => To)).toEqual([number, number]);
  });

  it('sends and counts no message if too little time is left for the reply', async () => {
    const [alice, phone_number, limits] = [newUser(), newNumber(), { SMS_COOLDOWN_S: 60 }];
    const late = harness.setUp(alice, { limits, deadlineMs: 700 });
    expect(await late.answer({ phone_number })).toMatchObject(refusal('authenticator_sms_unsent'));
    expect(harness.server.sent).toEqual([]);
    expect(await harness.setUp(alice, { limits }).answer({ phone_number })).toMatchObject({ errors: {} });
  });

  it('keeps its state if a message is too early, so that a double click does not lose the code', async () => {
    const [alice, limits] = [newUser(), { SMS_COOLDOWN_S: 60 }];
    await harness.setUp(alice, { limits }).answer({ phone_number: newNumber() });
    const { show, answer } = harness.setUp(alice, { limits });
    const shown = await show();
    const { errors, ...again } = (await answer({ phone_number: newNumber() })) as typeof shown & { errors: object };
    expect({ type: again.type, errors }).toEqual(tooEarly);
    expect(again).toEqual(shown);
  });

  it('stores a digest instead of the number with verify_only', async () => {
    const alice = newUser();
    const { answer } = harness.setUp(alice, { config: { verify_only: true } });
    await answer({ phone_number: newNumber() });
    await answer({ code: lastCode() });
    const [device] = await harness.devices.findByUser(alice.uuid);
    expect(device?.openSecret()).toBeNull();
    expect(await harness.validate(alice).show()).toMatchObject({ type: 'denied' });
  });

  it('denies a visitor without a user', async () => {
    expect(await harness.setUp(undefined).show()).toMatchObject({ type: 'denied' });
  });
});

describe('a number from a prompt stage', () => {
  const limits = { SMS_COOLDOWN_S: 60 };

  it.each([0, 1])(
    'gets one code, valid for either of two concurrent requests that may save its state: %i',
    async (saved) => {
      const [alice, phone, id] = [newUser(), newNumber(), randomUUID()];
      const twins = [1, 2].map(() => harness.setUp(alice, { limits, phone, id }));
      const shown = await Promise.all(twins.map(({ show }) => show()));
      expect(shown.map(asksForNumber)).toEqual([false, false]);
      expect(harness.server.sent.map(({ To }) => To)).toEqual([phone]);
      expect(await twins[saved]!.answer({ code: lastCode() })).toMatchObject({ type: 'passed' });
    },
  );

  it('gets no code within the minimum interval, in which the step asks for a number', async () => {
    const [alice, phone] = [newUser(), newNumber()];
    await harness.setUp(alice, { limits, phone }).show();
    expect(asksForNumber(await harness.setUp(alice, { limits, phone }).show())).toBe(true);
    expect(harness.server.sent).toHaveLength(1);
  });

  it('gets a new code after five wrong answers, and the old code is refused', async () => {
    const { show, answer } = harness.setUp(newUser(), { phone: newNumber() });
    await show();
    const first = lastCode();
    for (let tries = 0; tries < 5; tries++) await answer({ code: otherCode() });
    await show();
    expect(harness.server.sent).toHaveLength(2);
    const stale = first === lastCode() ? otherCode() : first;
    expect(await answer({ code: stale })).toMatchObject(refusal('authenticator_sms_code'));
  });
});

describe('a code at a login', () => {
  async function addPhone() {
    const [alice, number] = [newUser(), newNumber()];
    const { answer } = harness.setUp(alice);
    await answer({ phone_number: number });
    await answer({ code: lastCode() });
    const [device] = await harness.devices.findByUser(alice.uuid);
    const selected_challenge = { device_class: 'sms', device_uid: String(device?.pk), challenge: {} };
    harness.server.sent.length = 0;
    return { alice, number, selected_challenge, credential: 'sms' };
  }

  it('is sent only if a response contains no proof but chooses the phone, and a recent code stays valid', async () => {
    const { alice, number, selected_challenge, credential } = await addPhone();
    const { show, answer } = harness.validate(alice, { SMS_COOLDOWN_S: 60 });
    await show();
    expect(await answer({ selected_challenge, code: '123456' })).toMatchObject({ failed: [credential] });
    expect(harness.server.sent).toEqual([]);
    await harness.database.source.query("UPDATE mfa.sends SET sent_at = sent_at - interval '5 minutes'");
    expect(await answer({ selected_challenge })).toMatchObject({ type: 'challenge' });
    expect(await answer({ selected_challenge })).toMatchObject({ type: 'challenge' });
    expect(harness.server.sent).toMatchObject([{ To: number }]);
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'passed', verified: [credential] });
  });

  it('is refused after five wrong answers', async () => {
    const { alice, selected_challenge } = await addPhone();
    const { show, answer } = harness.validate(alice);
    await show();
    await answer({ selected_challenge });
    for (let tries = 0; tries < 5; tries++) await answer({ code: otherCode() });
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'rejected' });
  });

  it('is reported as not sent, without the error text of the provider, and no code is accepted', async () => {
    const { alice, selected_challenge } = await addPhone();
    const { show, answer } = harness.validate(alice);
    await show();
    harness.server.status = 500;
    expect(await answer({ selected_challenge })).toMatchObject({
      type: 'challenge',
      errors: { selected_challenge: [{ code: 'authenticator_validate_sms_unsent' }] },
    });
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'rejected' });
  });
});
