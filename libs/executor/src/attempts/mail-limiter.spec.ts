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
 * Enters a step that mails. If `reply` is a rejection, sends an answer instead. Returns the result and what was saved.
 */
async function mail(isRefused: boolean, reply: StageReply = mailed) {
  const isAnswer = reply.type === 'rejected';
  const replies = isAnswer
    ? { 'mailer.challenge': challengeReply(), 'mailer.respond': reply }
    : { 'mailer.challenge': reply };
  const flow = flowOf([{ kind: 'ident' }, { kind: 'mailer' }]);
  const { solve, plans, attempts, observer } = executorHarness(flow, { ...DEFAULT_REPLIES, ...replies });
  if (isRefused) attempts.result = { reserved: false, network: false, retryAfterS: 8 };
  const entered = await solve({ uid: 'alice' });
  const { result } = isAnswer ? await solve({}) : entered;
  return { result, plans, attempts, observer };
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
  ])('is dropped above the limit together with the state of the stage, and %s says so', async (_, reply) => {
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
});
