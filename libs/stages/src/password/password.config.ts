import { availableParallelism } from 'node:os';
import { z } from 'zod';

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
  PASSWORD_QUEUE: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Password hashes that may wait; above that the stage returns busy'),
});
