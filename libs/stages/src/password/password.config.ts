import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { PasswordHashLimits } from './password-hasher.js';

const cores = availableParallelism();

/** Settings of the password stage. */
export const passwordConfig = z.object({
  PASSWORD_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(cores)
    .meta({ description: 'Password hashes that run at the same time', 'x-default': 'one per core' }),
  PASSWORD_LEGACY_CONCURRENCY: z.coerce.number().int().min(1).max(256).optional().meta({
    description:
      'How many of these may be hashes of an older kind or cost, including the hashes that are computed for unknown names',
    'x-default': 'one less than `PASSWORD_CONCURRENCY`, at least one',
  }),
  PASSWORD_LEGACY_WAIT_MS: z.coerce.number().int().min(1).max(9000).optional().meta({
    description: 'Like `PASSWORD_WAIT_MS`, for hashes of an older kind or cost',
    'x-default': '`PASSWORD_WAIT_MS`',
  }),
  PASSWORD_WAIT_MS: z.coerce
    .number()
    .int()
    .min(1)
    .max(9000)
    .default(1000)
    .describe(
      'Milliseconds that a password hash may be expected to wait, by the number of hashes before it and their measured duration. If it would wait longer, the stage returns busy',
    ),
});

/**
 * Returns the limits of all hashes and of legacy hashes. By default, the limit of legacy hashes at the same time is one
 * below the limit of all hashes, so that current hashes do not have to wait for legacy hashes.
 */
export function hashLimits(config: z.output<typeof passwordConfig>): PasswordHashLimits {
  const all = { concurrency: config.PASSWORD_CONCURRENCY, maxWaitMs: config.PASSWORD_WAIT_MS };
  const legacy = {
    concurrency: config.PASSWORD_LEGACY_CONCURRENCY ?? Math.max(1, all.concurrency - 1),
    maxWaitMs: config.PASSWORD_LEGACY_WAIT_MS ?? all.maxWaitMs,
  };
  return { all, legacy };
}
