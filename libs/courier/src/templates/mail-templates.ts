import type { MailTemplateName } from '@gatehouse/contracts';
import { accountConfirmation } from './account-confirmation.js';
import { emailOtp } from './email-otp.js';
import { invitation } from './invitation.js';
import { login } from './login.js';
import type { MailTemplate } from './mail-content.js';
import { passwordReset } from './password-reset.js';

/** The built-in mail templates. */
const builtInTemplates: Readonly<Record<MailTemplateName, MailTemplate>> = {
  'email/password_reset.html': passwordReset,
  'email/account_confirmation.html': accountConfirmation,
  'email/invitation.html': invitation,
  'email/login.html': login,
  'email/email_otp.html': emailOtp,
};

/** The mail templates by the name that a mail effect contains. */
export const mailTemplates: ReadonlyMap<string, MailTemplate> = new Map(Object.entries(builtInTemplates));
