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
    description: 'Of these, hashes of an older kind or cost, also those that unknown names cost',
    'x-default': 'one less than `PASSWORD_CONCURRENCY`, at least one',
  }),
  PASSWORD_LEGACY_WAIT_MS: z.coerce.number().int().min(1).max(9000).optional().meta({
    description: 'The same for hashes of an older kind or cost',
    'x-default': '`PASSWORD_WAIT_MS`',
  }),
  PASSWORD_WAIT_MS: z.coerce
    .number()
    .int()
    .min(1)
    .max(9000)
    .default(1000)
    .describe(
      'Milliseconds that a password hash may be expected to wait, by the number of hashes before it and their measured duration; above that the stage returns busy',
    ),
});

/**
 * Returns the limits of all hashes and of legacy hashes. By default, one fewer legacy hash runs at the same time than
 * hashes in all, so that current hashes need not wait for legacy ones.
 */
export function hashLimits(config: z.output<typeof passwordConfig>): PasswordHashLimits {
  const all = { concurrency: config.PASSWORD_CONCURRENCY, maxWaitMs: config.PASSWORD_WAIT_MS };
  const legacy = {
    concurrency: config.PASSWORD_LEGACY_CONCURRENCY ?? Math.max(1, all.concurrency - 1),
    maxWaitMs: config.PASSWORD_LEGACY_WAIT_MS ?? all.maxWaitMs,
  };
  return { all, legacy };
}
