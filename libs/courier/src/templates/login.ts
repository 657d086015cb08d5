import { codeSection, expiryNotices, linkTemplate } from './mail-content.js';

/** Mail that logs a user in. */
export const login = linkTemplate((t, variables) => ({
  heading: t('Log in'),
  opening: t('Somebody asked to log in as {username} at {brand} by mail. If it was you, go on here:', {
    username: variables.username,
    brand: variables.brand,
  }),
  link: { label: t('Log in'), url: variables.url },
  code: codeSection(t, variables),
  closing: [
    ...expiryNotices(t, variables),
    t('If it was not you, there is nothing to do. Give the link and the code to nobody.'),
  ],
}));
