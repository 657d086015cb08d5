import { randomInt } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Codes to keep on paper (docs/spec/mfa.md#static). */
export const recoveryCodes = (count: number, length: number): string[] =>
  Array.from({ length: count }, () => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
