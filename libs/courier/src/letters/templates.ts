import type { LetterName } from '@gatehouse/contracts';
import { accountConfirmation } from './account-confirmation.js';
import type { Template } from './letter.js';
import { passwordReset } from './password-reset.js';

/** The letters of the house. */
const letters: Readonly<Record<LetterName, Template>> = {
  'email/password_reset.html': passwordReset,
  'email/account_confirmation.html': accountConfirmation,
};

/** The same by any name. */
export const templates: ReadonlyMap<string, Template> = new Map(Object.entries(letters));
