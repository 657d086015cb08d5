import { z } from 'zod';

const seconds = (least: number, most: number, usual: number) => z.coerce.number().min(least).max(most).default(usual);

/** Settings of what is asked of Duo. */
export const duoConfig = z.object({
  DUO_TIMEOUT_S: seconds(0.1, 5, 4).describe(
    'Seconds that one question to Duo may take; beyond them Duo counts as away',
  ),
  DUO_REST_S: seconds(1, 300, 10).describe('Seconds between two messages to one phone, and after a refusal on it'),
  DUO_MAX_AN_HOUR: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe('Messages that one phone may get in an hour'),
  DUO_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where questions to Duo go instead of to the host of the account, such as to a proxy'),
});
