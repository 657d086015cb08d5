import { hash, randomBytes, randomInt } from 'node:crypto';
import { secretsEqual } from '@gatehouse/platform';

const DIGITS = 6;

/** The salted hash of a mailed code, in the state of the step. */
export interface StoredCode {
  readonly salt: string;
  readonly code_hash: string;
}

/** Returns a code of six random digits, and the salted hash to store. */
export function createCode(): { readonly digits: string; readonly stored: StoredCode } {
  const digits = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
  const salt = randomBytes(16).toString('base64url');
  return { digits, stored: { salt, code_hash: hashOf(digits, salt) } };
}

/** Returns whether the typed code matches. Ignores spaces and dashes. */
export const matchesCode = (typed: string, { salt, code_hash }: StoredCode): boolean =>
  secretsEqual(hashOf(typed.replaceAll(/[\s-]/g, ''), salt), code_hash);

const hashOf = (digits: string, salt: string) => hash('sha256', `${salt}${digits}`, 'base64url');
