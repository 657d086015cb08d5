import { hash, randomBytes } from 'node:crypto';
import type { SessionCookie } from './flow-request.js';

/** A fresh session key: what the browser gets, and what is stored of it. */
export interface SessionKey {
  readonly cookie: SessionCookie;
  readonly hash: Buffer;
}

/** Draws 256 bits. `maxAgeS` undefined: the cookie lives until the browser closes. */
export function newSessionKey(maxAgeS: number | undefined): SessionKey {
  const value = randomBytes(32).toString('base64url');
  return { cookie: { value, maxAgeS }, hash: hashSessionKey(value) };
}

/** SHA-256: a key has too much entropy to be guessed from it. */
export const hashSessionKey = (value: string): Buffer => hash('sha256', value, 'buffer');
