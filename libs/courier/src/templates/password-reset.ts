import { codeSection, expiryNotices, linkTemplate } from './mail-content.js';

/** Mail with a link to reset a password. */
export const passwordReset = linkTemplate((t, variables) => ({
  heading: t('Reset your password'),
  opening: t('Somebody asked to reset the password of {username} at {brand}. If it was you, go on here:', {
    username: variables.username,
    brand: variables.brand,
  }),
  link: { label: t('Choose a new password'), url: variables.url },
  code: codeSection(t, variables),
  closing: [
    ...expiryNotices(t, variables),
    t('If it was not you, there is nothing to do: your password stays as it is. Give the link and the code to nobody.'),
  ],
}));
