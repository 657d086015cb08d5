import {
  type Effect,
  LINK_GRACE_S,
  mailServerOf,
  seconds,
  secondsOf,
  type User,
  wholeMinutes,
} from '@gatehouse/contracts';
import type { ChallengeInput, MailLimits } from '@gatehouse/stage-kit';
import type { emailContract } from './email.contract.js';

type Contract = typeof emailContract;
type Mail = Extract<Effect, { type: 'mail' }>;

/**
 * Returns the address to mail to: the address in the plan, otherwise the address of the user. Returns an empty text for
 * a pretended user, for an unsaved user in a recovery flow, and for a user without an address.
 */
export function recipientAddress({ context, flow }: ChallengeInput<Contract>, user: User): string {
  if (user.kind === 'pretended' || (user.kind === 'unsaved' && flow.designation === 'recovery')) return '';
  return context.email || user.email;
}

interface MailInput {
  readonly user: User;
  readonly address: string;
  readonly digits: string;
  readonly limits: MailLimits;
  /** Whether the visitor has asked for another mail, which the limit of the stage counts. */
  readonly isResend: boolean;
}

/**
 * Returns the mail effect with the code; the gateway adds the link. If `address` is empty, the recipient is `null` and
 * the content stays the same, so that sealing and saving take as long (prevents a timing attack).
 */
export function buildMail(
  input: ChallengeInput<Contract>,
  { user, address, digits, limits, isResend }: MailInput,
): Mail {
  const { config, site, locale } = input;
  const lifetimeS = linkLifetimeS(config);
  const minutes = wholeMinutes(lifetimeS);
  return {
    type: 'mail',
    to: address === '' ? null : { address, name: user.kind === 'pretended' ? '' : user.name },
    template: config.template,
    subject: config.subject,
    locale: (user.kind === 'saved' && user.locale) || locale,
    variables: {
      ...{ brand: site.brand, username: user.username, code: digits },
      ...{ link_minutes: minutes, code_minutes: wholeMinutes(Math.min(lifetimeS, limits.codeS)) },
    },
    ...mailServerOf(config),
    link_ttl_s: lifetimeS + LINK_GRACE_S,
    ...(isResend && { resend_limit: resendLimit(config) }),
  };
}

/** Returns the lifetime of a link that its mail states, in seconds. */
export const linkLifetimeS = ({ token_expiry }: ChallengeInput<Contract>['config']) => secondsOf(token_expiry) ?? 0;

const resendLimit = ({ recovery_max_attempts, recovery_cache_timeout }: ChallengeInput<Contract>['config']) => ({
  mails: recovery_max_attempts,
  window_s: Math.max(0, seconds(recovery_cache_timeout)),
});
