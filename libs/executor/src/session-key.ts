import { hash, randomBytes } from 'node:crypto';

/** The session cookie to set with the response. */
export interface SessionCookie {
  readonly value: string;
  /** Lifetime of the cookie in seconds; `undefined` for a cookie that lives until the browser closes. */
  readonly maxAgeS: number | undefined;
  /** The new value of the switching cookie, if the browser changes to another session of its logins. */
  readonly set?: string;
}

/** A new session key: the cookie for the browser, and the hash that is stored. */
export interface SessionKey {
  readonly cookie: SessionCookie;
  readonly hash: Buffer;
}

/**
 * Returns a random key of 256 bits. `maxAgeS` is the cookie's lifetime in seconds; without it, the cookie lives until
 * the browser closes.
 */
export function newSessionKey(maxAgeS: number | undefined): SessionKey {
  const value = randomBytes(32).toString('base64url');
  return { cookie: { value, maxAgeS }, hash: hashSessionKey(value) };
}

/** Returns the SHA-256 of a key. A key has too much entropy to be guessed from its hash. */
export const hashSessionKey = (value: string): Buffer => hash('sha256', value, 'buffer');

/**
 * Returns the stored hash of a key whose session is bound to a device. The request needs the session's id from a valid
 * bound cookie to find it (docs/spec/device-bound-sessions.md#session-key). `key` is the SHA-256 of the session cookie.
 */
export const boundSessionKey = (key: Buffer, sessionId: string): Buffer =>
  hash('sha256', Buffer.concat([key, Buffer.from(sessionId.replaceAll('-', ''), 'hex')]), 'buffer');
