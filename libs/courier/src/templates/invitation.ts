import { codeSection, expiryNotices, linkTemplate } from './mail-content.js';

/** Mail with an invitation to create an account. */
export const invitation = linkTemplate((t, variables) => ({
  heading: t('You are invited'),
  opening: t('{username} is invited to {brand}. Accept the invitation here:', {
    username: variables.username,
    brand: variables.brand,
  }),
  link: { label: t('Accept the invitation'), url: variables.url },
  code: codeSection(t, variables),
  closing: [
    ...expiryNotices(t, variables),
    t('If you do not want the invitation, there is nothing to do. Give the link and the code to nobody.'),
  ],
}));
