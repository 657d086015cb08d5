import type { z } from 'zod';
import type { passwordContract } from './password.contract.js';

type Rules = z.output<typeof passwordContract.config>;

const matches = (password: string, pattern: RegExp) => password.match(pattern)?.length ?? 0;

/** Returns whether a password meets all static rules. A symbol that the rules list twice counts twice. */
export function meetsRules(password: string, rules: Rules): boolean {
  const symbols = Array.from(rules.symbol_charset).reduce((sum, symbol) => sum + password.split(symbol).length - 1, 0);
  return (
    Array.from(password).length >= rules.length_min &&
    matches(password, /[0-9]/g) >= rules.amount_digits &&
    matches(password, /[a-z]/g) >= rules.amount_lowercase &&
    matches(password, /[A-Z]/g) >= rules.amount_uppercase &&
    symbols >= rules.amount_symbols
  );
}
