import { randomUUID } from 'node:crypto';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmailDeviceHarness, newUser } from '../../../testing/email-device-harness.js';
import { mailIn, mailsIn } from '../../../testing/email-harness.js';

let harness: EmailDeviceHarness;
beforeAll(async () => {
  harness = await EmailDeviceHarness.open();
});
afterAll(() => harness?.close());

const codeIn = (reply: StageReply) => String(mailIn(reply).variables['code']);
const otherThan = (code: string) => String((Number(code) + 1) % 1e6).padStart(6, '0');
const refused = { type: 'rejected', errors: { code: [{ code: 'authenticator_validate_code' }] }, failed: ['email'] };

/** Adds an address to a new user. Returns the user, and the response that chooses the address. */
async function addAddress() {
  const user = newUser(`alice.${randomUUID()}@example.org`);
  await harness.enrol(user);
  return { user, choice: await choiceOf(user) };
}
async function choiceOf({ uuid }: SavedUser) {
  const [device] = await harness.devices.findByUser(uuid);
  return { selected_challenge: { device_class: 'email', device_uid: String(device?.pk), challenge: {} } };
}

describe('mailed codes', () => {
  it('are mailed when the user chooses the address, as its stage is configured, and are accepted once', async () => {
    const { user, choice } = await addAddress();
    const config = { subject: 'Sign in', host: 'mail.example.org' };
    const { show, answer } = harness.validate(user, { config });
    expect(mailsIn(await show())).toEqual([]);
    const chosen = await answer(choice);
    expect(mailIn(chosen)).toMatchObject({
      to: { address: user.email },
      subject: 'Sign in',
      smtp: { host: config.host },
    });
    const code = codeIn(chosen);
    expect(await answer({ code: otherThan(code) })).toMatchObject(refused);
    expect(await answer({ code })).toMatchObject({ type: 'passed', verified: ['email'] });
    expect(await harness.validate(user).answer({ code })).toMatchObject({ type: 'rejected' });
  });

  it('show the masked address to its owner, and no part of it to a visitor who has only typed a name', async () => {
    const { user } = await addAddress();
    const email = expect.stringMatching(/^a\*+@e\*{6}\.org$/);
    const challenge = (shown: unknown) => ({
      challenge: { device_challenges: [{ device_class: 'email', challenge: shown }] },
    });
    expect(await harness.validate(user).show()).toMatchObject(challenge({ email }));
    expect(await harness.validate(user, { context: {} }).show()).toMatchObject(challenge({ email: '*****' }));
  });

  it('are refused after five wrong answers, for another device, and after they have expired', async () => {
    const { user, choice } = await addAddress();
    const { show, answer } = harness.validate(user);
    await show();
    const code = codeIn(await answer(choice));
    for (let i = 0; i < 5; i++) expect(await answer({ code: otherThan(code) })).toMatchObject(refused);
    expect(await answer({ code })).toMatchObject(refused);

    const old = harness.validate(user, { limits: { codeS: Number.MIN_VALUE } });
    await old.show();
    expect(await old.answer({ code: codeIn(await old.answer(choice)) })).toMatchObject(refused);
  });

  it('are mailed again only after EMAIL_RESEND_S, and at most EMAIL_MAILS times', async () => {
    const { user, choice } = await addAddress();
    const errorOf = (code: string) => ({ type: 'challenge', errors: { selected_challenge: [{ code }] } });
    const early = harness.validate(user, { limits: { resendS: 3600 } });
    await early.show();
    const code = codeIn(await early.answer(choice));
    const second = await early.answer(choice);
    expect(second).not.toHaveProperty('errors');
    expect(mailsIn(second)).toEqual([]);
    for (let i = 0; i < 5; i++) await early.answer({ code: otherThan(code) });
    expect(await early.answer(choice)).toMatchObject(errorOf('authenticator_validate_sms_early'));

    const most = harness.validate(user, { limits: { mails: 1 } });
    await most.show();
    await most.answer(choice);
    expect(await most.answer(choice)).toMatchObject(errorOf('authenticator_validate_email_unsent'));
  });
});
