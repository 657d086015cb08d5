import { z } from 'zod';
import { passwordHashRequest } from './password-hash.js';

/**
 * NATS subject for comparing a new password with the last passwords of a user. The policy service asks the password
 * service, the only service that reads hashes (docs/spec/bus-protocol.md#subjects).
 */
export const PASSWORD_REUSE_SUBJECT = 'password.reuse';

/**
 * Kind of the policy that compares a new password with the last ones. Its verdict reveals whether a guessed password is
 * right.
 */
export const UNIQUE_PASSWORD_KIND = 'unique_password';

/** Largest number of passwords of a user that a new one is compared with. Each comparison computes a hash. */
export const MAX_PASSWORD_HISTORY = 24;

/** Request to compare a password with the last `count` passwords of a user, the present one included. */
export const passwordReuseRequest = passwordHashRequest.extend({
  user: z.uuid(),
  count: z.int().min(1).max(MAX_PASSWORD_HISTORY),
});

/** Whether the password equals one of the user's last `count` passwords. */
export const passwordReuseReply = z.object({ reused: z.boolean() });
export type PasswordReuseReply = z.output<typeof passwordReuseReply>;
