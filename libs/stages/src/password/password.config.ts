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
  PASSWORD_LEGACY_QUEUE: z.coerce.number().int().min(1).max(10_000).optional().meta({
    description: 'Hashes of an older kind or cost that may wait; above that the stage returns busy',
    'x-default': 'half of `PASSWORD_QUEUE`, at least one',
  }),
  PASSWORD_QUEUE: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Password hashes that may wait; above that the stage returns busy'),
});

/** Returns the limits of all hashes and of legacy hashes. By default, legacy hashes leave room for current ones. */
export function hashLimits(config: z.output<typeof passwordConfig>): PasswordHashLimits {
  const all = { concurrency: config.PASSWORD_CONCURRENCY, queue: config.PASSWORD_QUEUE };
  const legacy = {
    concurrency: config.PASSWORD_LEGACY_CONCURRENCY ?? Math.max(1, all.concurrency - 1),
    queue: config.PASSWORD_LEGACY_QUEUE ?? Math.ceil(all.queue / 2),
  };
  return { all, legacy };
}
