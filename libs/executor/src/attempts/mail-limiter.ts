import { type Effect, MAIL_UNSENT, NON_FIELD_ERRORS, type StageReply, sentence, toast } from '@gatehouse/contracts';
import type { StageInvocation, StageRun } from '../stage-request.js';
import { effectsOf, type StageResult } from '../stage-result.js';
import type { AttemptDependencies } from './attempt-counter.js';
import { guesserOf } from './guesser.js';
import { refusedAttempt } from './refused-attempt.js';

const UNSENT = { text: MAIL_UNSENT.string, wire: MAIL_UNSENT.code };

/**
 * Limits the mails that visitors request. Counts mails as attempts, also mails to unknown names
 * (docs/spec/attempts.md#mails).
 */
export class MailLimiter {
  constructor(
    private readonly dependencies: Pick<AttemptDependencies, 'attempts' | 'reservationFactory' | 'observer'>,
  ) {}

  /**
   * Returns the result of a stage. Above a limit, removes the mails and the new state from the result, and adds an
   * error.
   */
  async limit(run: StageRun, invocation: StageInvocation, result: StageResult): Promise<StageResult> {
    const { reply } = result;
    if (!('challenge' in reply) || !effectsOf(reply).some(isMail)) return result;
    const { attempts, reservationFactory } = this.dependencies;
    const guesser = guesserOf(run, invocation);
    const limit = effectsOf(reply).find(isMail)?.resend_limit;
    if (limit?.mails === 0) return { ...result, reply: withoutMail(reply, limit) };
    const reservations = [
      ...reservationFactory.mailReservations(guesser),
      ...(limit ? [reservationFactory.resendReservation(guesser, limit)] : []),
    ];
    const outcome = await attempts.reserve(reservations, 0);
    if (outcome.reserved) return result;
    this.dependencies.observer.attemptRefused('mail', refusedAttempt(run, invocation, { guesser, reservations }));
    // Only the counter of `resend_limit` locks: the others delay mails.
    return { ...result, reply: withoutMail(reply, outcome.locked ? limit : undefined) };
  }
}

type Mail = Extract<Effect, { type: 'mail' }>;
const isMail = (effect: Effect): effect is Mail => effect.type === 'mail';

/**
 * Removes the mail and the reply's new state, which says that the mail was sent. The visitor may then request another
 * mail. If the mail exceeded `limit`, a toast says after how many minutes.
 */
function withoutMail(reply: Extract<StageReply, { challenge: object }>, limit?: Mail['resend_limit']): StageReply {
  const { state: _mailed, ...rest } = reply;
  return {
    ...rest,
    effects: [
      ...effectsOf(reply).filter(({ type }) => type !== 'mail' && (type !== 'toast' || !limit)),
      ...(limit ? [toast('error', tooManyMails(limit.window_s))] : []),
    ],
    errors: { ...reply.errors, [NON_FIELD_ERRORS]: [UNSENT] },
  };
}

const tooManyMails = (windowS: number) =>
  sentence('Too many account verification attempts. Please try again after {minutes} minutes.', {
    minutes: Math.ceil(windowS / 60),
  });
