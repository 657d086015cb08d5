/** The letters that the courier can write, by the names that blueprints use (docs/spec/stages.md#email-templates). */
export const LETTER_NAMES = ['email/password_reset.html', 'email/account_confirmation.html'] as const;
export type LetterName = (typeof LETTER_NAMES)[number];
