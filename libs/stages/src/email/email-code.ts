import { hash, randomBytes, randomInt } from 'node:crypto';
import { sameSecret } from '@gatehouse/platform';

const DIGITS = 6;

/** A code that was mailed, as it is kept. */
export interface KeptCode {
  readonly salt: string;
  readonly code_hash: string;
}

/** Six digits that nobody can guess, and what is kept of them. */
export function drawCode(): { readonly digits: string; readonly kept: KeptCode } {
  const digits = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
  const salt = randomBytes(16).toString('base64url');
  return { digits, kept: { salt, code_hash: hashOf(digits, salt) } };
}

/** Whether somebody typed the code, however they grouped its digits. */
export const isCode = (typed: string, { salt, code_hash }: KeptCode): boolean =>
  sameSecret(hashOf(typed.replaceAll(/[\s-]/g, ''), salt), code_hash);

const hashOf = (digits: string, salt: string) => hash('sha256', `${salt}${digits}`, 'base64url');
