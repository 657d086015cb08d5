import { LINK_GRACE_S, mailServerOf, type SavedUser, wholeMinutes } from '@gatehouse/contracts';
import type { RequestedMail } from '@gatehouse/outbox';
import type { EmailStage } from './email-stage.repository.js';

interface RecoveryMailInput {
  readonly user: SavedUser;
  /** Title of the brand. */
  readonly brand: string;
  readonly locale: string;
  readonly url: string;
  /** Lifetime of the link that the mail states, in seconds. */
  readonly lifetimeS: number;
}

/**
 * Returns the mail with a recovery link, as an email stage would send it. The mail has no code, because no session
 * waits for a code.
 */
export const recoveryMail = (
  stage: EmailStage,
  { user, brand, locale, url, lifetimeS }: RecoveryMailInput,
): RequestedMail['mail'] => ({
  type: 'mail',
  to: { address: user.email, name: user.name },
  template: stage.template,
  subject: stage.subject,
  locale,
  variables: {
    ...{ brand, username: user.username, url },
    ...{ link_minutes: wholeMinutes(lifetimeS), code_minutes: wholeMinutes(lifetimeS) },
  },
  ...mailServerOf(stage),
  link_ttl_s: lifetimeS + LINK_GRACE_S,
});
