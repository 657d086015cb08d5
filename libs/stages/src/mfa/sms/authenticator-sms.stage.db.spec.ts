import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stranger } from '../duo/testing.js';
import { SmsBench, STAGE } from './testing.js';

let bench: SmsBench;
beforeAll(async () => {
  bench = await SmsBench.open();
});
afterAll(() => bench?.close());
beforeEach(async () => {
  bench.twilio.trouble = undefined;
  await bench.database.source.query('TRUNCATE mfa.sends, mfa.devices CASCADE');
});

const refusal = (code: string) => ({ non_field_errors: [{ code }] });
/** A code that is not the one. */
const besides = (code: string) => (code === '000000' ? '000001' : '000000');
const NUMBER = '+1 555 0100';
const devicesOf = (user: string) => bench.database.devices.of(user);

describe('setting a phone up', () => {
  it('sends a code by Twilio to the number that is given, and keeps the number that it came back for', async () => {
    const user = stranger();
    const { show, answer } = bench.setUp(user);
    expect(await show()).toMatchObject({ challenge: { phone_number_required: true } });
    expect(await answer({ phone_number: NUMBER })).toMatchObject({
      ...{ type: 'challenge', challenge: { phone_number_required: false }, errors: {} },
    });
    expect(bench.twilio.taken.at(-1)).toEqual({
      to: NUMBER,
      body: expect.stringMatching(/^Use this code to authenticate in authentik: \d{6}$/),
    });
    expect(await answer({ code: bench.twilio.codeTo(NUMBER) })).toMatchObject({
      ...{ type: 'passed', verified: ['sms_setup'] },
      effects: [{ action: 'model_created', context: { model: { model_name: 'smsdevice', name: 'SMS Device' } } }],
    });
    const [device] = await devicesOf(user.uuid);
    expect(device).toMatchObject({ kind: 'sms', stage: STAGE, facts: { ending: '00', verified_only: false } });
    expect(device?.openSecret()).toEqual({ number: NUMBER });
    expect(JSON.stringify(await bench.database.source.query('SELECT d::text FROM mfa.devices d'))).not.toMatch(/0100/);
  });

  it('keeps no number where it is only to be verified', async () => {
    const user = stranger();
    const { answer } = bench.setUp(user, { config: { verify_only: true } });
    await answer({ phone_number: NUMBER });
    await answer({ code: bench.twilio.codeTo(NUMBER) });
    const [device] = await devicesOf(user.uuid);
    expect(device?.openSecret()).toBeNull();
    expect(device?.facts).toEqual({ ending: '00', verified_only: true });
  });

  it('takes the number that a prompt has asked for, once, and asks where that is of no use', async () => {
    const { show } = bench.setUp(stranger(), { prompted: '+1 555 0111' });
    const before = bench.twilio.taken.length;
    expect(await show()).toMatchObject({ challenge: { phone_number_required: false } });
    await show();
    expect(bench.twilio.taken.length).toBe(before + 1);
    const useless = bench.setUp(stranger(), { prompted: '5'.repeat(65) });
    expect(await useless.show()).toMatchObject({ challenge: { phone_number_required: true } });
    expect(bench.twilio.taken.length).toBe(before + 1);
  });

  it('refuses a wrong code, counts it, and takes none any more after five', async () => {
    const user = stranger();
    const { answer } = bench.setUp(user);
    await answer({ phone_number: NUMBER });
    const code = bench.twilio.codeTo(NUMBER);
    const replies = [];
    for (let i = 0; i < 5; i++) replies.push(await answer({ code: besides(code) }));
    expect(replies).toEqual(
      Array(5).fill(expect.objectContaining({ errors: refusal('authenticator_sms_code'), failed: ['sms_setup'] })),
    );
    const late = await answer({ code });
    expect(late).toMatchObject({ type: 'rejected', errors: refusal('authenticator_sms_code') });
    expect(late).not.toHaveProperty('failed.0');
    expect(await devicesOf(user.uuid)).toEqual([]);
  });

  it('refuses a number that is somebody’s at this stage, also one that only its digest is known of', async () => {
    const [alice, bob] = [stranger(), stranger()];
    const device = { id: alice.uuid, user: alice.uuid, kind: 'sms', name: 'SMS' } as const;
    await bench.database.devices.add({ ...device, handle: bench.numbers.handleOf(STAGE, NUMBER), stage: STAGE });
    const taken = { type: 'rejected', errors: refusal('authenticator_sms_number') };
    expect(await bench.setUp(bob).answer({ phone_number: NUMBER })).toMatchObject(taken);
    const other = '+1 555 0133';
    const handle = bench.numbers.handleOfDigest(STAGE, createHash('sha256').update(other).digest('hex'));
    await bench.database.devices.add({ ...device, id: bob.uuid, user: bob.uuid, handle, stage: STAGE });
    expect(await bench.setUp(alice).answer({ phone_number: other })).toMatchObject(taken);
  });

  it('sends one code of a moment ago no second time, and none to another number so soon', async () => {
    const { answer } = bench.setUp(stranger());
    const before = bench.twilio.taken.length;
    await answer({ phone_number: NUMBER });
    await answer({ phone_number: NUMBER });
    expect(bench.twilio.taken.length).toBe(before + 1);
    expect(await answer({ phone_number: '+1 555 0122' })).toMatchObject({ errors: refusal('authenticator_sms_early') });
    expect(bench.twilio.taken.length).toBe(before + 1);
  });

  it.each([400, 429, 500, 302, 'silent'] as const)(
    'goes no further where Twilio is in trouble: %s',
    async (trouble) => {
      bench.twilio.trouble = trouble;
      const user = stranger();
      const { show, answer } = bench.setUp(user);
      expect(await answer({ phone_number: NUMBER })).toMatchObject({
        ...{ type: 'rejected', errors: refusal('authenticator_sms_unsent') },
      });
      expect(await answer({ code: '123456' })).toMatchObject({ errors: refusal('authenticator_sms_code') });
      expect(await show()).toMatchObject({ challenge: { phone_number_required: true } });
      expect(await devicesOf(user.uuid)).toEqual([]);
    },
  );

  it('is told what is missing, and is for somebody who is there', async () => {
    const { answer } = bench.setUp(stranger());
    expect(await answer({})).toMatchObject({ errors: refusal('authenticator_sms_number_needed') });
    expect(await answer({ code: '123456' })).toMatchObject({ errors: refusal('authenticator_sms_code') });
    expect((await bench.setUp(undefined).show()).type).toBe('denied');
  });
});
