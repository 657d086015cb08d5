import { boolean, char, definePolicy, integer } from '@gatehouse/contracts';
import { z } from 'zod';

const count = (fallback = 0) => integer({ min: 0, max: 2 ** 31 - 1 }).default(fallback);

/**
 * authentik's default symbols. They contain the backslash twice, so each backslash in a password counts as two symbols.
 */
const SYMBOLS = '!\\"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ';

/** Checks a new password by rules, breaches and strength (docs/spec/policies.md#kinds). */
export const passwordContract = definePolicy({
  kind: 'password',
  model: 'authentik_policies_password.passwordpolicy',
  config: z.object({
    password_field: char().default('password').describe('Field of the form that has the password.'),
    check_static_rules: boolean()
      .default(true)
      .describe('Whether the length and the numbers of characters are checked.'),
    check_have_i_been_pwned: boolean().default(false).describe('Whether passwords of known leaks are refused.'),
    check_zxcvbn: boolean().default(false).describe('Whether passwords that are easy to guess are refused.'),
    amount_digits: count().describe('Fewest digits.'),
    amount_uppercase: count().describe('Fewest upper case letters.'),
    amount_lowercase: count().describe('Fewest lower case letters.'),
    amount_symbols: count().describe('Fewest symbols.'),
    length_min: count().describe('Fewest characters.'),
    symbol_charset: char({ trim: false }).default(SYMBOLS).describe('Characters that count as symbols.'),
    error_message: char({ allowBlank: true }).default('').describe('Message when the static rules refuse a password.'),
    hibp_allowed_count: count().describe('Most leaks with which a password is accepted.'),
    zxcvbn_score_threshold: count(2).describe('Score up to which a password is refused.'),
  }),
});
