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
    password_field: char().default('password'),
    check_static_rules: boolean().default(true),
    check_have_i_been_pwned: boolean().default(false),
    check_zxcvbn: boolean().default(false),
    amount_digits: count(),
    amount_uppercase: count(),
    amount_lowercase: count(),
    amount_symbols: count(),
    length_min: count(),
    symbol_charset: char({ trim: false }).default(SYMBOLS),
    error_message: char({ allowBlank: true }).default(''),
    hibp_allowed_count: count(),
    zxcvbn_score_threshold: count(2),
  }),
});
