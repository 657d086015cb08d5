import { codeTemplate } from './mail-content.js';

/** Mail with a code for the second factor, or for setting up the address as a second factor. */
export const emailOtp = codeTemplate((t, { username, brand, code, code_minutes: minutes }) => ({
  heading: t('Your code'),
  opening: t('Enter this code to go on as {username} at {brand}:', { username, brand }),
  link: undefined,
  code: { opening: undefined, digits: code },
  closing: [
    t('The code works for {minutes} minutes.', { minutes }),
    t('If it was not you, somebody else may know your password: change it. Give the code to nobody.'),
  ],
}));
