import { z } from 'zod';

/** Settings of the consent stage. */
export const consentConfig = z.object({
  CONSENT_PERMISSIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe(
      'Largest number of permissions that a user’s consent to an application contains; a new one replaces the oldest',
    ),
});
