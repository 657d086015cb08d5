/** Injection token of the limits on mails with codes. */
export const MAIL_LIMITS = Symbol('limits of mails with codes');
