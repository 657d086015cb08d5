import { type Effect, mailServerOf, type User } from '@gatehouse/contracts';
import type { ChallengeInput, MailLimits } from '@gatehouse/stage-kit';
import type { emailContract } from './email.contract.js';

type Contract = typeof emailContract;
type Mail = Extract<Effect, { type: 'mail' }>;

/**
 * Seconds for which a link still works after the lifetime that the mail states, for users who open it in the last
 * minute (docs/spec/stages.md#email-mail).
 */
const GRACE_S = 60;

/**
 * Returns the address to mail to: the address in the plan, else the address of the user. Returns an empty text for a
 * pretended user, for an unsaved user in a recovery flow, and for a user without an address.
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
}

/**
 * Returns the mail effect with the code; the gateway adds the link. If `address` is empty, the recipient is `null` and
 * the content stays the same, so that sealing and saving take as long (prevents a timing attack).
 */
export function buildMail(input: ChallengeInput<Contract>, { user, address, digits, limits }: MailInput): Mail {
  const { config, site, locale } = input;
  const minutes = config.token_expiry;
  return {
    type: 'mail',
    to: address === '' ? null : { address, name: user.kind === 'pretended' ? '' : user.name },
    template: config.template,
    subject: config.subject,
    locale: (user.kind === 'saved' && user.locale) || locale,
    variables: {
      ...{ brand: site.brand, username: user.username, code: digits },
      ...{ link_minutes: minutes, code_minutes: Math.min(minutes, Math.floor(limits.codeS / 60)) },
    },
    ...mailServerOf(config),
    link_ttl_s: minutes * 60 + GRACE_S,
  };
}
