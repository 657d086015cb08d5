import { codeSection, expiryNotices } from './expiry-notices.js';
import type { MailTemplate } from './mail-content.js';

/** For somebody who cannot log in any more. */
export const passwordReset: MailTemplate = (t, facts) => ({
  heading: t('Reset your password'),
  opening: t('Somebody asked to reset the password of {username} at {brand}. If it was you, go on here:', {
    username: facts.username,
    brand: facts.brand,
  }),
  link: { label: t('Choose a new password'), url: facts.url },
  code: codeSection(t, facts),
  closing: [
    ...expiryNotices(t, facts),
    t('If it was not you, there is nothing to do: your password stays as it is. Give the link and the code to nobody.'),
  ],
});
