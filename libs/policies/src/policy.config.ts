import { placesConfig } from '@gatehouse/platform';
import { z } from 'zod';

/** Settings of the service that evaluates policies. */
export const policyConfig = z.object({
  POLICY_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(64)
    .describe('Questions of the gateway that are evaluated at a time'),
  POLICY_QUEUE: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Questions that may wait; beyond that the service says it is busy'),
  POLICY_PYTHON: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Expressions that run at a time, each in a process of its own; one more stands by'),
  POLICY_PYTHON_MB: z.coerce
    .number()
    .int()
    .min(32)
    .max(4096)
    .default(64)
    .describe('Megabytes that the Python of one of them may use'),
  PWNED_PASSWORDS_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.pwnedpasswords.com/')
    .describe('Where password policies ask, by the first five characters of its hash, whether a password is public'),
  ...placesConfig.shape,
});
