import { digits } from '@gatehouse/contracts';

const DIGITS = digits();

/** A code of digits in the digits of any script, as keyboards have them (03-mfa §5.2); what is none stays as it is. */
export const typedDigits = (text: string): string => DIGITS.safeParse(text).data ?? text;
