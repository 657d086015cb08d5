/** The letters that the courier can write, by the names that blueprints use (docs/spec/stages.md#email-templates). */
export const MAIL_TEMPLATES = ['email/password_reset.html', 'email/account_confirmation.html'] as const;
export type MailTemplateName = (typeof MAIL_TEMPLATES)[number];
