import { z } from 'zod';

/** Settings of API tokens with a scope. */
export const tokenConfig = z.object({
  SCOPED_TOKEN_DAYS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(365)
    .describe('Longest lifetime in days of an API token that `npm run user -- create-token` creates'),
});
