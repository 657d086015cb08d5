import type { StageRequest, User } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  alice,
  codeIn,
  drive,
  type EmailOptions,
  FLOW,
  InMemoryAccountActivation,
  LIMITS,
  mailIn,
  mailsIn,
  RECOVERY,
  UUID,
} from '../../testing/email-harness.js';

const pretendedUser: User = { kind: 'pretended', username: 'ghost', email: 'ghost@example.org' };
const unsavedUser: User = { kind: 'unsaved', username: 'new', name: 'New', email: 'new@example.org' };
const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
const followedLink = { step: 'step', user: UUID };
const VERIFIED_TOAST = { type: 'toast', level: 'success', message: 'Successfully verified Email.' };
const VERIFIED = { type: 'passed', context: { verified_user: UUID }, effects: [VERIFIED_TOAST] };
const SENT_TOAST = { type: 'toast', level: 'success', message: 'Email Successfully sent.' };
const UNSENT = { non_field_errors: [{ code: 'email_unsent' }] };
const SENT = { non_field_errors: [{ text: 'email-sent', wire: 'email-sent' }] };

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());
const advanceClock = (s: number) => vi.setSystemTime(Date.now() + s * 1000);

describe('an email stage', () => {
  it('sends a mail with a link and a code only on the first GET', async () => {
    const stage = drive({ config: { token_expiry: 5, subject: 'Help', template: 'email/account_confirmation.html' } });
    const mail = mailIn(await stage.show());
    expect(mail).toMatchObject({
      to: { address: 'alice@example.org', name: 'Alice' },
      ...{ template: 'email/account_confirmation.html', subject: 'Help', locale: 'en', link_ttl_s: 360 },
      variables: { brand: 'Example', username: 'alice', link_minutes: 5, code_minutes: 5 },
    });
    expect(mail.variables['code']).toMatch(/^\d{6}$/);
    expect(mailsIn(await stage.show())).toEqual([]);
  });

  it('mails a link whose lifetime is the duration in its config', async () => {
    const stage = drive({ config: { token_expiry: 'hours=1;seconds=30' } });
    expect(mailIn(await stage.show())).toMatchObject({
      ...{ link_ttl_s: 3690, variables: { link_minutes: 60, code_minutes: 10 } },
    });
    expect(mailIn(await drive({ config: { token_expiry: 'seconds=5' } }).show())).toMatchObject({
      ...{ link_ttl_s: 65, variables: { link_minutes: 1, code_minutes: 1 } },
    });
  });

  it('sets a limit for further mails since 2026.8, but not for the first one', async () => {
    const config = { recovery_max_attempts: 2, recovery_cache_timeout: 'minutes=3' };
    for (const [apiVersion, limit] of [
      ['2026.8', { mails: 2, window_s: 180 }],
      ['2024.8', undefined],
    ] as const) {
      const stage = drive({ config, apiVersion });
      expect(mailIn(await stage.show()).resend_limit).toBeUndefined();
      advanceClock(30);
      expect(mailIn(await stage.answer({})).resend_limit).toEqual(limit);
    }
  });

  it('does not reveal the code in its reply', async () => {
    const reply = await drive().show();
    expect(reply).toMatchObject({ type: 'challenge', challenge: {} });
    expect(JSON.stringify({ ...reply, effects: [] })).not.toContain(codeIn(reply));
  });

  it('mails to the address in the plan, with the name and in the language of the user', async () => {
    const context = { pending_user: alice({ locale: 'de' }), email: 'other@example.org' };
    expect(mailIn(await drive({ context }).show())).toMatchObject({
      to: { address: 'other@example.org', name: 'Alice' },
      locale: 'de',
    });
  });

  it('names the SMTP server of its config in the mail effect, if one is configured', async () => {
    const config = {
      use_global_settings: false,
      host: 'mail',
      port: '587',
      username: 'u',
      password: 'p',
      use_tls: true,
    };
    expect(mailIn(await drive({ config }).show()).smtp).toEqual({
      ...{ host: 'mail', port: 587, username: 'u', password: 'p', tls: 'starttls', timeout_s: 10 },
      from: 'system@authentik.local',
    });
    expect(mailIn(await drive().show()).smtp).toBeUndefined();
  });

  it('denies without a pending user', async () => {
    for (const reply of [await drive({ context: {} }).show(), await drive({ context: {} }).answer({})])
      expect(reply).toEqual({
        type: 'denied',
        message: { code: 'email_no_user' },
        effects: [{ type: 'toast', level: 'error', message: 'No pending user.' }],
      });
  });

  it('sends further mails only after a pause and up to a limit, and rejects further requests for mails', async () => {
    const stage = drive();
    const codes = [codeIn(await stage.show())];
    expect(await stage.answer({})).toEqual({ type: 'rejected', challenge: {}, errors: SENT, effects: [SENT_TOAST] });
    for (const [code, errors] of [
      [undefined, SENT],
      ['', SENT],
      [null, UNSENT],
    ] as const) {
      advanceClock(30);
      const reply = await stage.answer(code === undefined ? {} : { code });
      expect(reply).toMatchObject({ type: 'rejected', errors });
      codes.push(...mailsIn(reply).map((mail) => String(mail.variables['code'])));
    }
    expect(codes).toHaveLength(3);
  });
});

it('an email stage counts mails to a changed address towards the same limit', async () => {
  const addresses = Array.from({ length: LIMITS.mails + 2 }, (_, i) => `a${i}@example.org`);
  let state: Record<string, unknown> | undefined;
  const mailed: (string | undefined)[] = [];
  for (const email of addresses) {
    const context = { pending_user: alice(), email };
    const reply = await drive({ context, request: state ? { state } : {} }).show();
    if ('state' in reply && reply.state) state = reply.state;
    mailed.push(...mailsIn(reply).map(({ to }) => to?.address));
  }
  expect(mailed).toEqual(addresses.slice(0, LIMITS.mails));
  const last = { pending_user: alice(), email: addresses.at(-1)! };
  const answer = await drive({ context: last, request: { state: state! } }).answer({});
  expect(answer).toEqual({ type: 'rejected', challenge: {}, errors: UNSENT });
  expect(await drive({ context: last, request: { state: state! } }).show()).toMatchObject({ errors: UNSENT });
});

describe('a rejection that restarts the flow', () => {
  const step = { id: 'step', name: 'step', confirmed: true, starts_over: true };

  it('sends the requested mail when the flow has returned to the step, within the same pause and limit', async () => {
    const stage = drive({ request: { step } });
    const codes = [codeIn(await stage.show())];
    for (let run = 0; run < 3; run++) {
      const rejected = await stage.answer({});
      expect(rejected).toMatchObject({ type: 'rejected', errors: SENT });
      expect(mailsIn(rejected)).toEqual([]);
      expect(mailsIn(await stage.show())).toEqual([]);
      advanceClock(30);
      codes.push(...mailsIn(await stage.show()).map((mail) => String(mail.variables['code'])));
      expect(mailsIn(await stage.show())).toEqual([]);
    }
    expect(codes).toHaveLength(LIMITS.mails);
    expect(await stage.answer({ code: codes.at(-1)! })).toMatchObject({ type: 'passed' });
  });
});

describe('the code of a mail', () => {
  it('passes with or without spaces, and marks the link as used', async () => {
    for (const typed of [(code: string) => code, (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `]) {
      const stage = drive();
      const code = codeIn(await stage.show());
      expect(await stage.answer({ code: typed(code) })).toEqual({
        ...VERIFIED,
        verified: ['email_code'],
        effects: [{ type: 'link_used' }, VERIFIED_TOAST],
      });
    }
  });

  it('is rejected if it is wrong, and counts as a failed attempt', async () => {
    const stage = drive();
    const code = codeIn(await stage.show());
    expect(await stage.answer({ code: otherThan(code) })).toMatchObject({
      type: 'rejected',
      errors: { code: [{ code: 'email_code_invalid' }] },
      failed: ['email_code'],
    });
  });

  it('is rejected if it is from an earlier mail (accident 27)', async () => {
    const stage = drive();
    const first = codeIn(await stage.show());
    advanceClock(30);
    const second = codeIn(await stage.answer({}));
    // With a probability of one in a million both mails have the same code. Then use another wrong code.
    const earlier = first === second ? otherThan(second) : first;
    expect(await stage.answer({ code: earlier })).toMatchObject({ type: 'rejected' });
    expect(await stage.answer({ code: second })).toMatchObject({ type: 'passed' });
  });

  it.each([
    ['ten minutes', { token_expiry: 30 }, 600],
    ['the lifetime of its link, if that is shorter', { token_expiry: 5 }, 300],
  ])('expires after %s (accident 15)', async (_title, config, seconds) => {
    const stage = drive({ config });
    const code = codeIn(await stage.show());
    advanceClock(seconds);
    expect(await stage.answer({ code })).toMatchObject({ type: 'rejected' });
  });

  it('is rejected if no mail was sent, or if the address of the user has changed', async () => {
    expect(await drive().answer({ code: '000000' })).toMatchObject({ type: 'rejected', failed: ['email_code'] });
    const mailed = await drive().show();
    const request = 'state' in mailed && mailed.state ? { state: mailed.state } : {};
    const answerAs = (pending_user: User) =>
      drive({ context: { pending_user }, request }).answer({ code: codeIn(mailed) });
    expect(await answerAs(alice({ email: 'moved@example.org' }))).toMatchObject({ type: 'rejected' });
    expect(await answerAs(alice())).toMatchObject({ type: 'passed' });
  });

  it('is stored as a digest', async () => {
    const reply = await drive().show();
    expect('state' in reply && JSON.stringify(reply.state)).not.toContain(codeIn(reply));
  });
});

describe('a visitor who has followed the mailed link', () => {
  const context = { pending_user: alice(), is_restored: followedLink };
  const confirmed = (overrides: Partial<StageRequest['step']> = {}) => ({
    step: { id: 'step', name: 'step', confirmed: true, ...overrides },
  });

  it('passes on a GET', async () => {
    expect(await drive({ context, request: confirmed() }).show()).toEqual(VERIFIED);
  });

  it('passes with any response', async () => {
    for (const response of [{}, { code: '000000' }])
      expect(await drive({ context, request: confirmed() }).answer(response)).toMatchObject({ type: 'passed' });
  });

  it('does not pass without confirmation, with the link of another step, or for another user', async () => {
    const others: EmailOptions[] = [
      { context, request: confirmed({ confirmed: false }) },
      { context, request: confirmed({ id: 'another' }) },
      { context: { ...context, is_restored: { step: 'step', user: null } }, request: confirmed() },
      { context: { ...context, pending_user: pretendedUser }, request: confirmed() },
    ];
    for (const options of others) expect(await drive(options).show()).toMatchObject({ type: 'challenge' });
  });

  it('verifies the address to which the mail went, and no other address that the flow sets later', async () => {
    const enrolment = { flow: { ...RECOVERY.flow, designation: 'enrollment' as const } };
    for (const pending_user of [alice(), unsavedUser]) {
      const mailed = await drive({ context: { pending_user }, request: enrolment }).show();
      const is_restored = { step: 'step', user: pending_user.kind === 'saved' ? UUID : null };
      const state = 'state' in mailed ? mailed.state : undefined;
      const returned = { ...enrolment, ...confirmed(), ...(state && { state }) };
      const passed =
        pending_user.kind === 'saved' ? VERIFIED : { type: 'passed', context: {}, effects: [VERIFIED_TOAST] };
      expect(await drive({ context: { pending_user, is_restored }, request: returned }).show()).toEqual(passed);
      const other = { pending_user, is_restored, email: 'other@example.org' };
      expect(mailIn(await drive({ context: other, request: returned }).show()).to?.address).toBe('other@example.org');
      const moved = { pending_user: { ...pending_user, email: 'moved@example.org' }, is_restored };
      expect(mailIn(await drive({ context: moved, request: returned }).show()).to?.address).toBe('moved@example.org');
    }
    const withoutState = { ...enrolment, ...confirmed() };
    const withoutMail = { pending_user: unsavedUser, is_restored: { step: 'step', user: null } };
    expect(await drive({ context: withoutMail, request: withoutState }).show()).toMatchObject({ type: 'challenge' });
  });

  it('activates an account that waits for verification, and updates the pending user', async () => {
    const accounts = new InMemoryAccountActivation();
    const waiting = { ...context, pending_user: alice({ is_active: false }) };
    const options = { accounts, context: waiting, config: { activate_user_on_success: true }, request: confirmed() };
    expect(await drive(options).show()).toMatchObject({ context: { pending_user: { uuid: UUID, is_active: true } } });
    expect(accounts.activated).toEqual([`${UUID} in ${FLOW}`]);
  });

  it('activates no disabled account, and no account if activation is not configured (accident 42)', async () => {
    const waiting = { ...context, pending_user: alice({ is_active: false }) };
    for (const [accounts, activate_user_on_success] of [
      [new InMemoryAccountActivation(false), true] as const,
      [new InMemoryAccountActivation(), false] as const,
    ]) {
      const reply = await drive({
        accounts,
        context: waiting,
        config: { activate_user_on_success },
        request: confirmed(),
      }).show();
      expect(reply).toEqual(VERIFIED);
    }
  });
});

describe('a user without a usable address (accident 6)', () => {
  const noAddress = alice({ email: '' });

  it.each([
    ['a pretended user', pretendedUser, {}],
    ['a user without an address', noAddress, {}],
    ['an unsaved user in a recovery flow', unsavedUser, {}],
  ])(
    'gets the same reply at the same cost, with a mail effect without a recipient: %s',
    async (_title, pending_user, request) => {
      const known = await drive().show();
      const unknown = await drive({ context: { pending_user }, request }).show();
      expect(mailIn(unknown).to).toBeNull();
      for (const reply of [known, unknown])
        expect(Object.keys(reply).toSorted()).toEqual(['challenge', 'effects', 'state', 'type']);
      expect(Object.keys(mailIn(known)).toSorted()).toEqual(Object.keys(mailIn(unknown)).toSorted());
    },
  );

  it('is rejected even with the right code', async () => {
    for (const pending_user of [pretendedUser, noAddress, unsavedUser]) {
      const stage = drive({ context: { pending_user } });
      const code = codeIn(await stage.show());
      expect(await stage.answer({ code })).toMatchObject({ type: 'rejected', failed: ['email_code'] });
    }
  });

  it('gets a mail in an enrollment flow if the user is not saved yet', async () => {
    const request = { flow: { ...RECOVERY.flow, designation: 'enrollment' as const } };
    expect(mailIn(await drive({ context: { pending_user: unsavedUser }, request }).show()).to).toEqual({
      address: 'new@example.org',
      name: 'New',
    });
  });
});
