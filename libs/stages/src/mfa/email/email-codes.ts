import { createCode, type MailLimits, matchesCode } from '@gatehouse/stage-kit';
import type { SentEmail } from './sent-email.js';

/** Number of wrong answers after which a mailed code is no longer valid. */
const MAX_TRIES = 5;
const DIGITS = 6;

interface NewMail {
  readonly to: string;
  readonly previous: SentEmail | undefined;
  readonly lifetimeS: number;
}

/**
 * The result of a request for a code: a new code with the state to store, a code that was mailed a moment ago, or the
 * reason why no code may be sent now.
 */
export type NewEmailCode =
  | { readonly digits: string; readonly sent: SentEmail }
  | { readonly kept: SentEmail }
  | { readonly refused: 'early' | 'limit' };

/**
 * Returns a new code. In the pause after a mail, returns the code of that mail if it is for the same recipient and
 * still valid. Returns the limit if one forbids another mail.
 */
export function newEmailCode({ to, previous, lifetimeS }: NewMail, limits: MailLimits): NewEmailCode {
  const now = Date.now();
  if (previous && now < previous.sent_at + limits.resendS * 1000)
    return previous.to === to && isUnexpired(previous) ? { kept: previous } : { refused: 'early' };
  if (previous && previous.mails >= limits.mails) return { refused: 'limit' };
  const { digits, stored } = createCode();
  const mails = (previous?.mails ?? 0) + 1;
  return { digits, sent: { to, ...stored, sent_at: now, until: now + lifetimeS * 1000, tries: 0, mails } };
}

/** Returns whether the code that was sent last is still valid. */
export const isUnexpired = ({ until, tries }: SentEmail): boolean => Date.now() < until && tries < MAX_TRIES;

/**
 * Returns whether `answer` is the last sent code and the code is still valid. Restores leading zeros, which clients may
 * lose.
 */
export const matchesSentEmail = (sent: SentEmail, answer: string): boolean =>
  isUnexpired(sent) && matchesCode(answer.padStart(DIGITS, '0'), sent);
