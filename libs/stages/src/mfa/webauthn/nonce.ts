import { randomBytes } from 'node:crypto';
import { z } from 'zod';

const NONCE_BYTES = 64;

/** A WebAuthn challenge with its expiry. It is valid for one response to one step of one plan. */
export const nonce = z.object({
  /** The WebAuthn challenge: random bytes in base64url. */
  challenge: z.string(),
  /** Expiry in milliseconds since 1970. */
  until: z.number(),
});
type Nonce = z.output<typeof nonce>;

/** Returns a new nonce that is valid for `lifetimeS` seconds. */
export const newNonce = (lifetimeS: number): Nonce => ({
  challenge: randomBytes(NONCE_BYTES).toString('base64url'),
  until: Date.now() + lifetimeS * 1000,
});

/** Returns whether the value is a nonce that has not expired. */
export const isValidNonce = <N extends Nonce>(value: N | undefined): value is N =>
  value !== undefined && value.until > Date.now();
