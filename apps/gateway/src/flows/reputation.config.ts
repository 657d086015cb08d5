import type { ApiVersion } from '@gatehouse/contracts';
import type { ReputationLimits } from '@gatehouse/executor-postgres';
import { z } from 'zod';

/** Limits of scores in authentik 2026.8. Scores of 2024.8 have none. */
const LIMITS_2026 = { lowest: -5, highest: 5 };
const NEWER_DEFAULT = (limit: number) => `${limit} with \`API_VERSION=2026.8\`, else no limit`;

/** Settings of reputation scores (docs/spec/events.md#reputation). */
export const reputationConfig = z.object({
  REPUTATION_LOWER_LIMIT: z.coerce
    .number()
    .int()
    .min(-(2 ** 31))
    .max(0)
    .optional()
    .meta({
      description:
        'Lowest reputation score of a name at one address. A reputation policy with a lower threshold passes only for a sum of several scores',
      'x-default': NEWER_DEFAULT(LIMITS_2026.lowest),
    }),
  REPUTATION_UPPER_LIMIT: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .meta({
      description: 'Highest reputation score of a name at one address',
      'x-default': NEWER_DEFAULT(LIMITS_2026.highest),
    }),
});

/** Returns the limits of reputation scores. */
export function reputationLimits(
  config: z.output<typeof reputationConfig> & { readonly API_VERSION: ApiVersion },
): ReputationLimits {
  const { lowest, highest } = config.API_VERSION === '2024.8' ? {} : LIMITS_2026;
  return { lowest: config.REPUTATION_LOWER_LIMIT ?? lowest, highest: config.REPUTATION_UPPER_LIMIT ?? highest };
}
