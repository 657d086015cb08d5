import { randomInt, randomUUID } from 'node:crypto';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmsHarness } from '../../../testing/sms-harness.js';

let bench: SmsHarness;
beforeAll(async () => {
  bench = await SmsHarness.open();
});
beforeEach(() => {
  bench.server.sent.length = 0;
  bench.server.status = 200;
});
afterAll(() => bench?.close());

const person = (): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
});
const newNumber = () => `+1555${String(randomInt(1e9)).padStart(9, '0')}`;
const lastCode = () => bench.server.code;
const otherCode = () => bench.server.otherCode;
const asksForNumber = (reply: StageReply) =>
  'challenge' in reply ? reply.challenge?.['phone_number_required'] : undefined;
const refusal = (code: string) => ({ type: 'rejected', errors: { non_field_errors: [{ code }] } });
const tooEarly = { type: 'challenge', errors: { non_field_errors: [{ code: 'authenticator_sms_early' }] } };

describe('setting a phone up', () => {
  it('keeps it once the code has come back that was sent to it, and nothing before', async () => {
    const [alice, number] = [person(), newNumber()];
    const { show, answer } = bench.setUp(alice);
    expect(asksForNumber(await show())).toBe(true);
    expect(await answer({ phone_number: number })).toMatchObject({ type: 'challenge', errors: {} });
    expect(await answer({ code: otherCode() })).toMatchObject(refusal('authenticator_sms_code'));
    expect(await bench.devices.findByUser(alice.uuid)).toEqual([]);
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'passed', verified: ['sms_setup'] });
    const [device] = await bench.devices.findByUser(alice.uuid);
    expect(device?.openSecret()).toEqual({ number });
  });

  it('keeps the number whose code came back, and not one that was named since', async () => {
    const [alice, own, other] = [person(), newNumber(), newNumber()];
    const { answer } = bench.setUp(alice);
    await answer({ phone_number: own });
    const first = lastCode();
    await answer({ phone_number: other });
    expect(bench.server.sent.map(({ To }) => To)).toEqual([own, other]);
    const stale = first === lastCode() ? otherCode() : first;
    expect(await answer({ code: stale })).toMatchObject(refusal('authenticator_sms_code'));
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'passed' });
    const [device] = await bench.devices.findByUser(alice.uuid);
    expect(device?.openSecret()).toEqual({ number: other });
  });

  it('goes on asking for a number that is taken, is none, or takes no message', async () => {
    const taken = newNumber();
    const first = bench.setUp(person());
    await first.answer({ phone_number: taken });
    await first.answer({ code: lastCode() });
    const { answer } = bench.setUp(person());
    for (const phone_number of [taken, `${taken.slice(0, 2)} ${taken.slice(2)}`, 'whatsapp:+15550100']) {
      const refused = await answer({ phone_number });
      expect(refused).toMatchObject(refusal('authenticator_sms_number'));
      expect(asksForNumber(refused)).toBe(true);
    }
    expect(bench.server.sent).toHaveLength(1);
    bench.server.status = 500;
    const unsent = await answer({ phone_number: newNumber() });
    expect(unsent).toMatchObject(refusal('authenticator_sms_unsent'));
    expect(asksForNumber(unsent)).toBe(true);
  });

  it('takes five answers to one code, and then asks for the number again', async () => {
    const { answer } = bench.setUp(person());
    await answer({ phone_number: newNumber() });
    const replies = [];
    for (let tries = 0; tries < 5; tries++) replies.push(await answer({ code: otherCode() }));
    expect(replies.map(asksForNumber)).toEqual([false, false, false, false, true]);
    expect(replies.at(-1)).toMatchObject({ failed: ['sms_setup'] });
    expect(await answer({ code: lastCode() })).toMatchObject(refusal('authenticator_sms_code'));
  });

  it('sends nothing too soon, and one number gets so many messages, however it is written', async () => {
    const number = newNumber();
    const hurried = bench.setUp(person(), { limits: { SMS_COOLDOWN_S: 60 } });
    await hurried.answer({ phone_number: number });
    await hurried.answer({ phone_number: number });
    expect(await hurried.answer({ phone_number: newNumber() })).toMatchObject(tooEarly);
    expect(bench.server.sent).toHaveLength(1);

    const limits = { SMS_MAX_AN_HOUR: 2 };
    const spelled = number.replaceAll(/\B/g, '-');
    expect(await bench.setUp(person(), { limits }).answer({ phone_number: spelled })).toMatchObject({ errors: {} });
    const third = bench
      .setUp(person(), { limits })
      .answer({ phone_number: ` ${number.slice(0, 5)} ${number.slice(5)}` });
    expect(await third).toMatchObject(tooEarly);
    expect(bench.server.sent.map(({ To }) => To)).toEqual([number, number]);
  });

  it('is as it was after a number that came too soon, so that a button pressed twice does not lose the code', async () => {
    const [alice, limits] = [person(), { SMS_COOLDOWN_S: 60 }];
    await bench.setUp(alice, { limits }).answer({ phone_number: newNumber() });
    const { show, answer } = bench.setUp(alice, { limits });
    const shown = await show();
    const { errors, ...again } = (await answer({ phone_number: newNumber() })) as typeof shown & { errors: object };
    expect({ type: again.type, errors }).toEqual(tooEarly);
    expect(again).toEqual(shown);
  });

  it('keeps no number where the stage only wants to know that there is one', async () => {
    const alice = person();
    const { answer } = bench.setUp(alice, { config: { verify_only: true } });
    await answer({ phone_number: newNumber() });
    await answer({ code: lastCode() });
    const [device] = await bench.devices.findByUser(alice.uuid);
    expect(device?.openSecret()).toBeNull();
    expect(await bench.validate(alice).show()).toMatchObject({ type: 'denied' });
  });

  it('is for nobody whom the flow does not know', async () => {
    expect(await bench.setUp(undefined).show()).toMatchObject({ type: 'denied' });
  });
});

describe('a number that a form has asked for', () => {
  const limits = { SMS_COOLDOWN_S: 60 };

  it.each([0, 1])('is sent one code, which counts whichever of two submits of the form is kept: %i', async (kept) => {
    const [alice, phone, id] = [person(), newNumber(), randomUUID()];
    const twins = [1, 2].map(() => bench.setUp(alice, { limits, phone, id }));
    const shown = await Promise.all(twins.map(({ show }) => show()));
    expect(shown.map(asksForNumber)).toEqual([false, false]);
    expect(bench.server.sent.map(({ To }) => To)).toEqual([phone]);
    expect(await twins[kept]!.answer({ code: lastCode() })).toMatchObject({ type: 'passed' });
  });

  it('is sent no code, and another number asked for, where a message to it is too early', async () => {
    const [alice, phone] = [person(), newNumber()];
    await bench.setUp(alice, { limits, phone }).show();
    expect(asksForNumber(await bench.setUp(alice, { limits, phone }).show())).toBe(true);
    expect(bench.server.sent).toHaveLength(1);
  });

  it('is sent another code after five wrong answers, and not the same with five more', async () => {
    const { show, answer } = bench.setUp(person(), { phone: newNumber() });
    await show();
    const first = lastCode();
    for (let tries = 0; tries < 5; tries++) await answer({ code: otherCode() });
    await show();
    expect(bench.server.sent).toHaveLength(2);
    const stale = first === lastCode() ? otherCode() : first;
    expect(await answer({ code: stale })).toMatchObject(refusal('authenticator_sms_code'));
  });
});

describe('a code that is asked for at a login', () => {
  async function withPhone() {
    const [alice, number] = [person(), newNumber()];
    const { answer } = bench.setUp(alice);
    await answer({ phone_number: number });
    await answer({ code: lastCode() });
    const [device] = await bench.devices.findByUser(alice.uuid);
    const selected_challenge = { device_class: 'sms', device_uid: String(device?.pk), challenge: {} };
    bench.server.sent.length = 0;
    return { alice, number, selected_challenge, credential: 'sms' };
  }

  it('is sent when the phone is chosen, not with a guess, and one of a moment ago goes on counting', async () => {
    const { alice, number, selected_challenge, credential } = await withPhone();
    const { show, answer } = bench.validate(alice, { SMS_COOLDOWN_S: 60 });
    await show();
    expect(await answer({ selected_challenge, code: '123456' })).toMatchObject({ failed: [credential] });
    expect(bench.server.sent).toEqual([]);
    await bench.database.source.query("UPDATE mfa.sends SET sent_at = sent_at - interval '5 minutes'");
    expect(await answer({ selected_challenge })).toMatchObject({ type: 'challenge' });
    expect(await answer({ selected_challenge })).toMatchObject({ type: 'challenge' });
    expect(bench.server.sent).toMatchObject([{ To: number }]);
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'passed', verified: [credential] });
  });

  it('takes five answers, the right one among them no more after that', async () => {
    const { alice, selected_challenge } = await withPhone();
    const { show, answer } = bench.validate(alice);
    await show();
    await answer({ selected_challenge });
    for (let tries = 0; tries < 5; tries++) await answer({ code: otherCode() });
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'rejected' });
  });

  it('that could not be sent is told of in words of ours, and nothing counts', async () => {
    const { alice, selected_challenge } = await withPhone();
    const { show, answer } = bench.validate(alice);
    await show();
    bench.server.status = 500;
    expect(await answer({ selected_challenge })).toMatchObject({
      type: 'challenge',
      errors: { selected_challenge: [{ code: 'authenticator_validate_sms_unsent' }] },
    });
    expect(await answer({ code: lastCode() })).toMatchObject({ type: 'rejected' });
  });
});
