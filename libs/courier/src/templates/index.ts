import type { MailTemplateName } from '@gatehouse/contracts';
import { accountConfirmation } from './account-confirmation.js';
import type { MailTemplate } from './mail-content.js';
import { passwordReset } from './password-reset.js';

/** The letters of the house. */
const builtInTemplates: Readonly<Record<MailTemplateName, MailTemplate>> = {
  'email/password_reset.html': passwordReset,
  'email/account_confirmation.html': accountConfirmation,
};

/** The same by any name. */
export const mailTemplates: ReadonlyMap<string, MailTemplate> = new Map(Object.entries(builtInTemplates));
