import { hash, randomBytes, randomInt } from 'node:crypto';
import { secretsEqual } from '@gatehouse/platform';

const DIGITS = 6;

/** A code that was mailed, as it is kept. */
export interface StoredCode {
  readonly salt: string;
  readonly code_hash: string;
}

/** Six digits that nobody can guess, and what is kept of them. */
export function createCode(): { readonly digits: string; readonly kept: StoredCode } {
  const digits = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
  const salt = randomBytes(16).toString('base64url');
  return { digits, kept: { salt, code_hash: hashOf(digits, salt) } };
}

/** Whether somebody typed the code, however they grouped its digits. */
export const matchesCode = (typed: string, { salt, code_hash }: StoredCode): boolean =>
  secretsEqual(hashOf(typed.replaceAll(/[\s-]/g, ''), salt), code_hash);

const hashOf = (digits: string, salt: string) => hash('sha256', `${salt}${digits}`, 'base64url');
