import { digits } from '@gatehouse/contracts';

const DIGITS = digits();

/**
 * A code of digits in the digits of any script, as keyboards have them (docs/spec/mfa.md#totp-verification); what is
 * none stays as it is.
 */
export const normalizeDigits = (text: string): string => DIGITS.safeParse(text).data ?? text;
