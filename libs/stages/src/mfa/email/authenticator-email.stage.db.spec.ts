import { randomUUID } from 'node:crypto';
import type { StageReply } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmailDeviceHarness, newUser, STAGE } from '../../../testing/email-device-harness.js';
import { mailIn, mailsIn } from '../../../testing/email-harness.js';
import { authenticatorEmailContract } from './authenticator-email.contract.js';

let harness: EmailDeviceHarness;
beforeAll(async () => {
  harness = await EmailDeviceHarness.open();
});
afterAll(() => harness?.close());

const newAddress = () => `alice.${randomUUID()}@example.org`;
const codeIn = (reply: StageReply) => String(mailIn(reply).variables['code']);
const otherThan = (code: string) => String((Number(code) + 1) % 1e6).padStart(6, '0');
const recipientsOf = (reply: StageReply) => mailsIn(reply).map(({ to }) => to?.address);
const refusal = (code: string) => ({ errors: { non_field_errors: [{ code }] } });
const asksForCode = (email: unknown = expect.stringMatching(/^a\*+@e\*{6}\.org$/)) => ({
  type: 'challenge',
  challenge: { email, email_required: false },
});
const asksForAddress = { challenge: { email: null, email_required: true } };

describe('setting up an address', () => {
  it("mails a code to the user's address at once, and adds the device only after the right code", async () => {
    const [alice, address] = [newUser(newAddress()), expect.any(String)];
    const { show, answer } = harness.setUp(alice);
    const shown = await show();
    expect(shown).toMatchObject(asksForCode(address));
    expect(JSON.stringify('challenge' in shown && shown.challenge)).not.toContain(alice.email);
    expect(recipientsOf(shown)).toEqual([alice.email]);

    const wrong = await answer({ code: otherThan(codeIn(shown)) });
    expect(wrong).toMatchObject({ type: 'rejected', ...refusal('authenticator_email_code'), failed: ['email_setup'] });
    expect(await harness.devices.findByUser(alice.uuid)).toEqual([]);
    expect(await show()).toMatchObject(asksForCode(address));

    expect(await answer({ code: codeIn(shown) })).toMatchObject({ type: 'passed', verified: ['email_setup'] });
    const [device] = await harness.devices.findByUser(alice.uuid);
    expect(device).toMatchObject({ kind: 'email', name: 'Email Device', stage: STAGE });
    expect(device?.openSecret()).toEqual({ address: alice.email });
    expect(JSON.stringify({ ...device, openSecret: undefined })).not.toContain(alice.email);
  });

  it('sends no second code if the page is loaded again, and keeps the first code valid', async () => {
    const { show, answer } = harness.setUp(newUser(newAddress()));
    const first = await show();
    expect(mailsIn(await show())).toEqual([]);
    expect(await answer({ code: codeIn(first) })).toMatchObject({ type: 'passed' });
  });

  it('accepts a code that is a number without its leading zeros, or in digits of another script', async () => {
    const { show, answer } = harness.setUp(newUser(newAddress()));
    let code = codeIn(await show());
    for (let i = 0; i < 90 && !code.startsWith('0'); i++) code = codeIn(await answer({ email: 'x' }));
    expect(code).toMatch(/^0/);
    expect(await answer({ code: Number(code) })).toMatchObject({ type: 'passed' });
  });

  it("never mails to an address in the response if the user's address is known (GHSA-qgqp-xh8r-v73r)", async () => {
    const alice = newUser(newAddress());
    const { show, answer } = harness.setUp(alice);
    await show();
    const again = await answer({ email: 'mallory@example.net' });
    expect(recipientsOf(again)).toEqual([alice.email]);
    expect(again).toMatchObject({ ...asksForCode(), errors: {} });
    await answer({ code: codeIn(again) });
    const [device] = await harness.devices.findByUser(alice.uuid);
    expect(device?.openSecret()).toEqual({ address: alice.email });
  });

  it('asks for an address if none is known, and for another address after five wrong codes', async () => {
    const { show, answer } = harness.setUp(newUser());
    expect(await show()).toMatchObject(asksForAddress);
    expect(await answer({})).toMatchObject({ type: 'rejected', ...refusal('authenticator_email_needed') });
    expect(await answer({ email: 'no address' })).toMatchObject(refusal('authenticator_email_address'));
    const [typed, other] = [newAddress(), newAddress()];
    const sent = await answer({ email: typed });
    expect(sent).toMatchObject({ ...asksForCode(), errors: {} });
    expect(recipientsOf(sent)).toEqual([typed]);
    expect(recipientsOf(await answer({ email: other }))).toEqual([typed]);
    for (let i = 0; i < 5; i++) await answer({ code: otherThan(codeIn(sent)) });
    expect(await show()).toMatchObject(asksForAddress);
    expect(recipientsOf(await answer({ email: other }))).toEqual([other]);
  });

  it('uses the address from an earlier prompt stage, and asks for another one if a device has it', async () => {
    const address = newAddress();
    const prompted = { context: { prompt_data: { email: address } } };
    await harness.enrol(newUser(address));
    const { show, answer } = harness.setUp(newUser(), prompted);
    expect(await show()).toMatchObject(asksForAddress);
    expect(await answer({ email: address.toUpperCase() })).toMatchObject(refusal('authenticator_email_address'));
    const other = newAddress();
    expect(recipientsOf(await answer({ email: other }))).toEqual([other]);
    const unused = { context: { prompt_data: { email: newAddress() } } };
    expect(recipientsOf(await harness.setUp(newUser(), unused).show())).toEqual([unused.context.prompt_data.email]);
  });

  it("denies the setup if a device of another account has the user's address", async () => {
    const address = newAddress();
    await harness.enrol(newUser(address));
    const message = { code: 'authenticator_email_address' };
    expect(await harness.setUp(newUser(address)).show()).toMatchObject({ type: 'denied', message });
  });

  it('denies a user who has a device of this stage', async () => {
    const alice = newUser(newAddress());
    await harness.enrol(alice);
    const proved = { enrolled_devices: (await harness.devices.findByUser(alice.uuid)).map(({ pk }) => pk) };
    const message = { code: 'authenticator_email_registered' };
    expect(await harness.setUp(alice, { context: proved }).show()).toMatchObject({ type: 'denied', message });
  });

  it('accepts a repeated answer, because the first reply may not have been saved', async () => {
    const { show, answer } = harness.setUp(newUser(newAddress()));
    const code = codeIn(await show());
    const first = await answer({ code });
    expect(first).toMatchObject({ type: 'passed' });
    expect(await answer({ code })).toEqual(first);
  });

  it('adds an address only once if two users prove it concurrently', async () => {
    const address = newAddress();
    const drivers = [newUser(address), newUser(address)].map((user) => harness.setUp(user));
    const codes = await Promise.all(drivers.map(async ({ show }) => codeIn(await show())));
    const replies = await Promise.all(drivers.map(({ answer }, i) => answer({ code: codes[i] })));
    expect(replies.map(({ type }) => type).toSorted()).toEqual(['denied', 'passed']);

    const typed = newAddress();
    const typing = [newUser(), newUser()].map((user) => harness.setUp(user));
    const sent = await Promise.all(typing.map(async ({ answer }) => codeIn(await answer({ email: typed }))));
    const results = await Promise.all(typing.map(({ answer }, i) => answer({ code: sent[i] })));
    expect(results.map(({ type }) => type).toSorted()).toEqual(['passed', 'rejected']);
    expect(results.find(({ type }) => type === 'rejected')).toMatchObject(asksForAddress);
  });
});

describe('mails', () => {
  it('have the code, its lifetime, the subject and the mail server of the stage', async () => {
    const config = { subject: 'Your code', token_expiry: 'minutes=5', host: 'mail.example.org', password: 'secret' };
    expect(mailIn(await harness.setUp(newUser(newAddress()), { config }).show())).toMatchObject({
      ...{ template: 'email/email_otp.html', subject: 'Your code', smtp: { host: 'mail.example.org', port: 25 } },
      code_ttl_s: 300,
      variables: { code: expect.stringMatching(/^\d{6}$/), code_minutes: 5, username: 'alice', brand: 'Example' },
    });
    const own = harness.setUp(newUser(newAddress()), { config: { use_global_settings: true } });
    const mail = mailIn(await own.show());
    expect(mail).not.toHaveProperty('smtp');
    // The default lifetime is longer than EMAIL_CODE_S allows.
    expect(mail.variables).toMatchObject({ code_minutes: 10 });
  });

  it('are not sent again within EMAIL_RESEND_S, in which the code stays valid until it is used up', async () => {
    const resend = { limits: { resendS: 3600 } };
    const { show, answer } = harness.setUp(newUser(newAddress()), resend);
    const first = await show();
    const again = await answer({ email: 'x' });
    expect(again).toMatchObject({ ...asksForCode(), errors: {} });
    expect(mailsIn(again)).toEqual([]);
    expect(await answer({ code: codeIn(first) })).toMatchObject({ type: 'passed' });

    const used = harness.setUp(newUser(newAddress()), resend);
    const code = codeIn(await used.show());
    for (let i = 0; i < 5; i++) await used.answer({ code: otherThan(code) });
    const early = await used.answer({ email: 'x' });
    expect(early).toMatchObject({ ...asksForCode(), ...refusal('authenticator_email_early') });
    expect(mailsIn(early)).toEqual([]);
  });

  it('are not announced for a typed address to which no mail was sent', async () => {
    const { answer } = harness.setUp(newUser(), { limits: { resendS: 3600 } });
    const sent = await answer({ email: newAddress() });
    for (let i = 0; i < 5; i++) await answer({ code: otherThan(codeIn(sent)) });
    const early = await answer({ email: newAddress() });
    expect(mailsIn(early)).toEqual([]);
    expect(early).toMatchObject({ ...asksForAddress, ...refusal('authenticator_email_early') });
  });

  it('are not sent with the rejection of the answer that uses up the code, but with the next page load', async () => {
    const { show, answer } = harness.setUp(newUser(newAddress()));
    const code = codeIn(await show());
    for (let i = 0; i < 5; i++) expect(mailsIn(await answer({ code: otherThan(code) }))).toEqual([]);
    expect(await answer({ code })).toMatchObject({ type: 'rejected' });
    expect(mailsIn(await show())).toHaveLength(1);
  });

  it('are limited to EMAIL_MAILS in one run of the flow', async () => {
    const { show, answer } = harness.setUp(newUser(newAddress()), { limits: { mails: 2 } });
    await show();
    expect(mailsIn(await answer({ email: 'x' }))).toHaveLength(1);
    const third = await answer({ email: 'x' });
    expect(third).toMatchObject(refusal('authenticator_email_unsent'));
    expect(mailsIn(third)).toEqual([]);
  });

  it('have a code that is valid for at most EMAIL_CODE_S, until a newer code is sent', async () => {
    const expired = harness.setUp(newUser(newAddress()), { limits: { codeS: Number.MIN_VALUE } });
    expect(await expired.answer({ code: codeIn(await expired.show()) })).toMatchObject({ type: 'rejected' });
    const { show, answer } = harness.setUp(newUser(newAddress()));
    const first = codeIn(await show());
    let second = first;
    for (let i = 0; i < 9 && second === first; i++) second = codeIn(await answer({ email: 'x' }));
    expect(await answer({ code: first })).toMatchObject({ type: 'rejected' });
    expect(await answer({ code: second })).toMatchObject({ type: 'passed' });
  });
});

it('the contract refuses a lifetime below a minute, and a mail server with two kinds of encryption', () => {
  const errors = (config: object) => authenticatorEmailContract.validate(config as Record<string, unknown>);
  expect(errors({ token_expiry: 'seconds=59' })).toHaveProperty('token_expiry');
  expect(errors({ token_expiry: 'minutes=1' })).toEqual({});
  expect(errors({ use_tls: true, use_ssl: true })).toHaveProperty('non_field_errors');
});
