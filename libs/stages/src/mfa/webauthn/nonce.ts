import { randomBytes } from 'node:crypto';
import { z } from 'zod';

const NONCE_BYTES = 64;

/** What an authenticator must sign: good for one answer to one step of one plan, and for a while. */
export const nonce = z.object({
  /** Random bytes in base64url. */
  challenge: z.string(),
  /** When it stops being good, in milliseconds since 1970. */
  until: z.number(),
});
type Nonce = z.output<typeof nonce>;

/** A nonce that is good for `lifetimeS` seconds. */
export const newNonce = (lifetimeS: number): Nonce => ({
  challenge: randomBytes(NONCE_BYTES).toString('base64url'),
  until: Date.now() + lifetimeS * 1000,
});

/** Whether a nonce is there and still good. */
export const isLive = <N extends Nonce>(given: N | undefined): given is N =>
  given !== undefined && given.until > Date.now();
