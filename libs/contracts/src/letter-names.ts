/** The letters that the courier can write, by the names that blueprints use (02-stages §13.1). */
export const LETTER_NAMES = ['email/password_reset.html', 'email/account_confirmation.html'] as const;
export type LetterName = (typeof LETTER_NAMES)[number];
