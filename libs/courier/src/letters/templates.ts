import { accountConfirmation } from './account-confirmation.js';
import type { Template } from './letter.js';
import { passwordReset } from './password-reset.js';

/** The letters of the house, by the names that blueprints use (02-stages §13.1). */
export const templates: ReadonlyMap<string, Template> = new Map([
  ['email/password_reset.html', passwordReset],
  ['email/account_confirmation.html', accountConfirmation],
]);
