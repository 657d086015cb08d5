import { z } from 'zod';

const seconds = (min: number, max: number, preset: number) => z.coerce.number().min(min).max(max).default(preset);

/** Settings of Duo, read from the environment. */
export const duoConfig = z.object({
  DUO_TIMEOUT_S: seconds(0.1, 5, 4).describe(
    'Seconds that a request to Duo may take. After that, Duo counts as unavailable',
  ),
  DUO_REST_S: seconds(1, 300, 10).describe(
    'Seconds between two pushes to one phone, and from a denial to the next push',
  ),
  DUO_MAX_AN_HOUR: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe('Maximum number of pushes to one phone in an hour'),
  DUO_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Base URL that replaces the host of the Duo account, such as that of a proxy'),
});
