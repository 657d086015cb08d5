import { codeSection, expiryNotices, linkTemplate } from './mail-content.js';

/** Mail that verifies an email address. */
export const accountConfirmation = linkTemplate((t, variables) => ({
  heading: t('Confirm your email address'),
  opening: t('This address was given for {username} at {brand}. If it was you, confirm it here:', {
    username: variables.username,
    brand: variables.brand,
  }),
  link: { label: t('Confirm the address'), url: variables.url },
  code: codeSection(t, variables),
  closing: [
    ...expiryNotices(t, variables),
    t('If it was not you, there is nothing to do. Give the link and the code to nobody.'),
  ],
}));
