import { randomInt } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Codes to keep on paper (03-mfa §6.3). */
export const recoveryCodes = (count: number, length: number): string[] =>
  Array.from({ length: count }, () => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
