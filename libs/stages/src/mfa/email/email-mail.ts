import { type Effect, mailServerOf, type SavedUser, seconds } from '@gatehouse/contracts';
import type { ChallengeInput, MailLimits } from '@gatehouse/stage-kit';
import type { z } from 'zod';
import type { authenticatorEmailContract } from './authenticator-email.contract.js';

/** The settings of the stage that set up an address. */
export type EmailSettings = z.output<(typeof authenticatorEmailContract)['config']>;

interface CodeMail {
  readonly settings: EmailSettings;
  readonly user: SavedUser;
  readonly address: string;
  readonly digits: string;
  readonly lifetimeS: number;
}

/**
 * Returns the seconds for which a new code is valid: the configured lifetime, but at most the lifetime of any mailed
 * code.
 */
export const lifetimeOf = ({ token_expiry }: EmailSettings, { codeS }: MailLimits): number =>
  Math.min(codeS, seconds(token_expiry));

/** Returns the mail with a code. */
export const codeMail = (
  { site, locale }: Pick<ChallengeInput<typeof authenticatorEmailContract>, 'site' | 'locale'>,
  { settings, user, address, digits, lifetimeS }: CodeMail,
): Extract<Effect, { type: 'mail' }> => ({
  type: 'mail',
  to: { address, name: user.name },
  template: settings.template,
  subject: settings.subject,
  locale: user.locale || locale,
  variables: {
    ...{ brand: site.brand, username: user.username, code: digits },
    code_minutes: Math.floor(lifetimeS / 60),
  },
  ...mailServerOf(settings),
  code_ttl_s: lifetimeS,
});
