import type { Effect, StageReply } from '@gatehouse/contracts';
import { ALICE, challengeReply, DEFAULT_REPLIES, executorHarness, flowOf } from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';

const MAIL: Effect = {
  ...{ type: 'mail', to: { address: 'alice@example.org', name: 'Alice' }, template: 'email/password_reset.html' },
  ...{ subject: 'x', locale: 'en', variables: {} },
};
const mailed: StageReply = { type: 'challenge', challenge: {}, state: { mails: 1 }, effects: [MAIL] };
const resent: StageReply = { ...mailed, type: 'rejected', errors: { non_field_errors: [{ text: 'sent' }] } };

/**
 * Enters a step whose stage replies with a mail. If `reply` is a rejection, sends an answer that gets this reply.
 * Returns the result and what was saved.
 */
async function mail(isRefused: boolean, reply: StageReply = mailed, locked = false) {
  const isAnswer = reply.type === 'rejected';
  const replies = isAnswer
    ? { 'mailer.challenge': challengeReply(), 'mailer.respond': reply }
    : { 'mailer.challenge': reply };
  const flow = flowOf([{ kind: 'ident' }, { kind: 'mailer' }]);
  const { solve, plans, attempts, observer } = executorHarness(flow, { ...DEFAULT_REPLIES, ...replies });
  if (isRefused) attempts.result = { reserved: false, network: false, locked, retryAfterS: 8 };
  const entered = await solve({ uid: 'alice' });
  const { result, effects } = isAnswer ? await solve({}) : entered;
  return { result, toasts: effects.toasts, plans, attempts, observer };
}

describe('a mail that a challenge requests', () => {
  it('is counted for the visitor, the user and the network, apart from wrong credentials', async () => {
    const { attempts, plans } = await mail(false);
    expect(attempts.reserved.slice(0, 3).map(({ credential, hard }) => [credential, hard])).toEqual([
      ...[['mail', undefined] as const, ['mail', undefined] as const, ['mail network', undefined] as const],
    ]);
    expect(plans.savedEffects).toContainEqual(expect.objectContaining({ type: 'mail' }));
  });

  it.each([
    ['the challenge', mailed],
    ['a rejection', resent],
  ])('is dropped above the limit, and %s then has the error email-unsent and no new state', async (_, reply) => {
    const { result, plans, observer } = await mail(true, reply);
    expect(result).toMatchObject({
      type: 'show',
      errors: { non_field_errors: [{ text: expect.stringContaining('No email was sent'), wire: 'email-unsent' }] },
    });
    expect(plans.savedEffects.filter(({ type }) => type === 'mail')).toEqual([]);
    expect(Object.keys(plans.plan?.states ?? {})).not.toContain('mailer-1');
    expect(plans.plan?.context.pending_user).toEqual(ALICE);
    expect(observer.seen).toContain('refused mail');
  });

  const withLimit = (mails: number): StageReply => ({
    ...resent,
    effects: [
      { ...MAIL, resend_limit: { mails, window_s: 300 } },
      { type: 'toast', level: 'success', message: 'Sent.' },
    ],
  });

  it('with a resend limit is counted for the user across all sessions', async () => {
    const { attempts, plans } = await mail(false, withLimit(2));
    expect(attempts.reserved.find(({ hard }) => hard !== undefined)).toMatchObject({
      ...{ credential: 'mail again', free: 2, hard: 2, forgetAfterS: 300 },
    });
    expect(plans.savedEffects).toContainEqual(expect.objectContaining({ type: 'mail' }));
  });

  it('above the resend limit of the stage is dropped, and a toast says when to try again', async () => {
    const { result, toasts, plans } = await mail(true, withLimit(2), true);
    expect(result).toMatchObject({ errors: { non_field_errors: [{ wire: 'email-unsent' }] } });
    expect(toasts).toEqual([
      {
        ...{ type: 'toast', level: 'error', params: { minutes: 5 } },
        message: 'Too many account verification attempts. Please try again after {minutes} minutes.',
      },
    ]);
    expect(plans.savedEffects.filter(({ type }) => type === 'mail')).toEqual([]);
  });

  it('is neither sent nor counted if the resend limit of the stage is zero', async () => {
    const { result, attempts, plans } = await mail(false, withLimit(0));
    expect(result).toMatchObject({ errors: { non_field_errors: [{ wire: 'email-unsent' }] } });
    expect(attempts.reserved).toEqual([]);
    expect(plans.savedEffects.filter(({ type }) => type === 'mail')).toEqual([]);
  });
});
