import type { StageRequest, User } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { alice, codeIn, drive, FLOW, type Given, LIMITS, mailIn, mailsIn, RECOVERY, UUID, Waiting } from './testing.js';

const ghost: User = { kind: 'pretended', username: 'ghost', email: 'ghost@example.org' };
const newcomer: User = { kind: 'unsaved', username: 'new', name: 'New', email: 'new@example.org' };
const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
const followed = { step: 'step', user: UUID };
const PROVED = { type: 'passed', context: { verified_user: UUID } };
const SENT = { non_field_errors: [{ text: 'email-sent', wire: 'email-sent' }] };

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());
const after = (s: number) => vi.setSystemTime(Date.now() + s * 1000);

describe('an email stage', () => {
  it('mails a link and a code when it is first shown, and not again when it is shown again', async () => {
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

  it('shows nothing of what it has mailed', async () => {
    const reply = await drive().show();
    expect(reply).toMatchObject({ type: 'challenge', challenge: {} });
    expect(JSON.stringify({ ...reply, effects: [] })).not.toContain(codeIn(reply));
  });

  it('writes to the address of the plan before that of the user, by their name, in their language', async () => {
    const context = { pending_user: alice({ locale: 'de' }), email: 'other@example.org' };
    expect(mailIn(await drive({ context }).show())).toMatchObject({
      to: { address: 'other@example.org', name: 'Alice' },
      locale: 'de',
    });
  });

  it('goes by its own server where it has one', async () => {
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

  it('denies where there is nobody to write to at all', async () => {
    for (const reply of [await drive({ context: {} }).show(), await drive({ context: {} }).answer({})])
      expect(reply).toEqual({ type: 'denied', message: { code: 'email_no_user' } });
  });

  it('sends another mail, with another code, after a pause and so many times, and says the same each time', async () => {
    const stage = drive();
    const codes = [codeIn(await stage.show())];
    expect(await stage.answer({})).toEqual({ type: 'rejected', challenge: {}, errors: SENT });
    for (const code of [undefined, '', null]) {
      after(30);
      const reply = await stage.answer(code === undefined ? {} : { code });
      expect(reply).toMatchObject({ type: 'rejected', errors: SENT });
      codes.push(...mailsIn(reply).map((mail) => String(mail.variables['code'])));
    }
    expect(codes).toHaveLength(3);
  });
});

it('writes to an address that has changed meanwhile, but no more mails than to one', async () => {
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
  expect(answer).toEqual({ type: 'rejected', challenge: {}, errors: SENT });
});

describe('where a refusal starts the flow over', () => {
  const step = { id: 'step', name: 'step', confirmed: true, starts_over: true };

  it('sends nothing with it, and another mail when the flow comes back, after a pause and so many times', async () => {
    const stage = drive({ request: { step } });
    const codes = [codeIn(await stage.show())];
    for (let run = 0; run < 3; run++) {
      const refused = await stage.answer({});
      expect(refused).toMatchObject({ type: 'rejected', errors: SENT });
      expect(mailsIn(refused)).toEqual([]);
      expect(mailsIn(await stage.show())).toEqual([]);
      after(30);
      codes.push(...mailsIn(await stage.show()).map((mail) => String(mail.variables['code'])));
      expect(mailsIn(await stage.show())).toEqual([]);
    }
    expect(codes).toHaveLength(LIMITS.mails);
    expect(await stage.answer({ code: codes.at(-1)! })).toMatchObject({ type: 'passed' });
  });
});

describe('the code of a mail', () => {
  it('passes where it is typed, with gaps or without, and uses the link up', async () => {
    for (const typed of [(code: string) => code, (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `]) {
      const stage = drive();
      const code = codeIn(await stage.show());
      expect(await stage.answer({ code: typed(code) })).toEqual({
        ...PROVED,
        verified: ['email_code'],
        effects: [{ type: 'link_used' }],
      });
    }
  });

  it('that is wrong is a guess, and refused', async () => {
    const stage = drive();
    const code = codeIn(await stage.show());
    expect(await stage.answer({ code: otherThan(code) })).toMatchObject({
      type: 'rejected',
      errors: { code: [{ code: 'email_code_invalid' }] },
      failed: ['email_code'],
    });
  });

  it('of an earlier mail is wrong (accident 27)', async () => {
    const stage = drive();
    const first = codeIn(await stage.show());
    after(30);
    const second = codeIn(await stage.answer({}));
    // One mail in a million has the code of the one before it.
    const earlier = first === second ? otherThan(second) : first;
    expect(await stage.answer({ code: earlier })).toMatchObject({ type: 'rejected' });
    expect(await stage.answer({ code: second })).toMatchObject({ type: 'passed' });
  });

  it.each([
    ['ten minutes', { token_expiry: 30 }, 600],
    ['as long as its link, if that is shorter', { token_expiry: 5 }, 300],
  ])('works for %s (accident 15)', async (_how, config, seconds) => {
    const stage = drive({ config });
    const code = codeIn(await stage.show());
    after(seconds);
    expect(await stage.answer({ code })).toMatchObject({ type: 'rejected' });
  });

  it('is nothing for who has not been sent one, or has another address by now', async () => {
    expect(await drive().answer({ code: '000000' })).toMatchObject({ type: 'rejected', failed: ['email_code'] });
    const mailed = await drive().show();
    const request = 'state' in mailed && mailed.state ? { state: mailed.state } : {};
    const typedBy = (pending_user: User) =>
      drive({ context: { pending_user }, request }).answer({ code: codeIn(mailed) });
    expect(await typedBy(alice({ email: 'moved@example.org' }))).toMatchObject({ type: 'rejected' });
    expect(await typedBy(alice())).toMatchObject({ type: 'passed' });
  });

  it('is kept as a digest', async () => {
    const reply = await drive().show();
    expect('state' in reply && JSON.stringify(reply.state)).not.toContain(codeIn(reply));
  });
});

describe('whoever followed the link', () => {
  const context = { pending_user: alice(), is_restored: followed };
  const confirmed = (changes: Partial<StageRequest['step']> = {}) => ({
    step: { id: 'step', name: 'step', confirmed: true, ...changes },
  });

  it('passes', async () => {
    expect(await drive({ context, request: confirmed() }).show()).toEqual(PROVED);
  });

  it('passes with any answer too', async () => {
    for (const response of [{}, { code: '000000' }])
      expect(await drive({ context, request: confirmed() }).answer(response)).toMatchObject({ type: 'passed' });
  });

  it('without having said that it was they does not, nor of another step or for another user', async () => {
    const others: Given[] = [
      { context, request: confirmed({ confirmed: false }) },
      { context, request: confirmed({ id: 'another' }) },
      { context: { ...context, is_restored: { step: 'step', user: null } }, request: confirmed() },
      { context: { ...context, pending_user: ghost }, request: confirmed() },
    ];
    for (const given of others) expect(await drive(given).show()).toMatchObject({ type: 'challenge' });
  });

  it('proves the address that was written to, and no other that the flow turns to later', async () => {
    const enrolment = { flow: { ...RECOVERY.flow, designation: 'enrollment' as const } };
    for (const pending_user of [alice(), newcomer]) {
      const mailed = await drive({ context: { pending_user }, request: enrolment }).show();
      const is_restored = { step: 'step', user: pending_user.kind === 'saved' ? UUID : null };
      const state = 'state' in mailed ? mailed.state : undefined;
      const back = { ...enrolment, ...confirmed(), ...(state && { state }) };
      const passed = pending_user.kind === 'saved' ? PROVED : { type: 'passed', context: {} };
      expect(await drive({ context: { pending_user, is_restored }, request: back }).show()).toEqual(passed);
      const other = { pending_user, is_restored, email: 'other@example.org' };
      expect(mailIn(await drive({ context: other, request: back }).show()).to?.address).toBe('other@example.org');
      const moved = { pending_user: { ...pending_user, email: 'moved@example.org' }, is_restored };
      expect(mailIn(await drive({ context: moved, request: back }).show()).to?.address).toBe('moved@example.org');
    }
    const nothing = { ...enrolment, ...confirmed() };
    const unwritten = { pending_user: newcomer, is_restored: { step: 'step', user: null } };
    expect(await drive({ context: unwritten, request: nothing }).show()).toMatchObject({ type: 'challenge' });
  });

  it('makes an account active that waits for it, and says so to the rest of the flow', async () => {
    const accounts = new Waiting();
    const waiting = { ...context, pending_user: alice({ is_active: false }) };
    const given = { accounts, context: waiting, config: { activate_user_on_success: true }, request: confirmed() };
    expect(await drive(given).show()).toMatchObject({ context: { pending_user: { uuid: UUID, is_active: true } } });
    expect(accounts.activated).toEqual([`${UUID} in ${FLOW}`]);
  });

  it('makes nobody active who was disabled, or where the flow does not want it (accident 42)', async () => {
    const waiting = { ...context, pending_user: alice({ is_active: false }) };
    for (const [accounts, activate_user_on_success] of [
      [new Waiting(false), true] as const,
      [new Waiting(), false] as const,
    ]) {
      const reply = await drive({
        accounts,
        context: waiting,
        config: { activate_user_on_success },
        request: confirmed(),
      }).show();
      expect(reply).toEqual(PROVED);
    }
  });
});

describe('whoever cannot be written to (accident 6)', () => {
  const noAddress = alice({ email: '' });

  it.each([
    ['a stand-in', ghost, {}],
    ['a user without an address', noAddress, {}],
    ['somebody who is no user yet, in a recovery', newcomer, {}],
  ])('%s is answered like a user, at the same cost, by a mail to nobody', async (_who, pending_user, request) => {
    const known = await drive().show();
    const unknown = await drive({ context: { pending_user }, request }).show();
    expect(mailIn(unknown).to).toBeNull();
    for (const reply of [known, unknown])
      expect(Object.keys(reply).toSorted()).toEqual(['challenge', 'effects', 'state', 'type']);
    expect(Object.keys(mailIn(known)).toSorted()).toEqual(Object.keys(mailIn(unknown)).toSorted());
  });

  it('passes with no code, not even with the right one', async () => {
    for (const pending_user of [ghost, noAddress, newcomer]) {
      const stage = drive({ context: { pending_user } });
      const code = codeIn(await stage.show());
      expect(await stage.answer({ code })).toMatchObject({ type: 'rejected', failed: ['email_code'] });
    }
  });

  it('is written to where somebody enrols', async () => {
    const request = { flow: { ...RECOVERY.flow, designation: 'enrollment' as const } };
    expect(mailIn(await drive({ context: { pending_user: newcomer }, request }).show()).to).toEqual({
      address: 'new@example.org',
      name: 'New',
    });
  });
});
