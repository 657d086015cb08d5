import { codeSection, expiryNotices } from './expiry-notices.js';
import type { MailTemplate } from './mail-content.js';

/** For somebody who says that an address is theirs. */
export const accountConfirmation: MailTemplate = (t, facts) => ({
  heading: t('Confirm your email address'),
  opening: t('This address was given for {username} at {brand}. If it was you, confirm it here:', {
    username: facts.username,
    brand: facts.brand,
  }),
  link: { label: t('Confirm the address'), url: facts.url },
  code: codeSection(t, facts),
  closing: [
    ...expiryNotices(t, facts),
    t('If it was not you, there is nothing to do. Give the link and the code to nobody.'),
  ],
});
