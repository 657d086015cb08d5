import { z } from 'zod';

/**
 * Where a password is hashed: whoever writes users asks the one service that hashes
 * (docs/spec/bus-protocol.md#subjects).
 */
export const PASSWORD_HASH_SUBJECT = 'password.hash';

/** Characters of a password that are looked at; a longer one is refused before any hash. */
export const MAX_PASSWORD = 4096;

/** A password that somebody chose. */
export const passwordHashRequest = z.object({
  v: z.literal(1),
  /** Milliseconds that are left, counted from receipt. */
  timeout_ms: z.number(),
  password: z.string().min(1).max(MAX_PASSWORD),
});

/** Its hash, as the directory keeps it. */
export const passwordHashReply = z.object({ hash: z.string().min(1) });
export type PasswordHashReply = z.output<typeof passwordHashReply>;
