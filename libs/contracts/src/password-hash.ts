import { z } from 'zod';

/**
 * NATS subject for hashing a password. Stages that write users ask the password service, the only service that hashes
 * (docs/spec/bus-protocol.md#subjects).
 */
export const PASSWORD_HASH_SUBJECT = 'password.hash';

/** Largest length of a password. A longer password is refused before it is hashed. */
export const MAX_PASSWORD = 4096;

/** Request to hash a new password. */
export const passwordHashRequest = z.object({
  v: z.literal(1),
  /** Milliseconds that are left for the reply, counted from the receipt of the request. */
  timeout_ms: z.number(),
  password: z.string().min(1).max(MAX_PASSWORD),
});

/** The hash, in the format in which the directory stores it. */
export const passwordHashReply = z.object({ hash: z.string().min(1) });
export type PasswordHashReply = z.output<typeof passwordHashReply>;
