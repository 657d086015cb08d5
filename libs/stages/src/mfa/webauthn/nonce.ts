import { randomBytes } from 'node:crypto';

const NONCE_BYTES = 64;

/** What an authenticator must sign: good for one answer to one step of one plan, and for a while. */
export interface Nonce {
  /** Random bytes in base64url. */
  readonly challenge: string;
  /** When it stops being good, in milliseconds since 1970. */
  readonly until: number;
}

/** A nonce that is good for `lifetimeS` seconds. */
export const newNonce = (lifetimeS: number): Nonce => ({
  challenge: randomBytes(NONCE_BYTES).toString('base64url'),
  until: Date.now() + lifetimeS * 1000,
});

/** Whether a nonce is there and still good. */
export const isLive = (nonce: Nonce | undefined): nonce is Nonce => nonce !== undefined && nonce.until > Date.now();
