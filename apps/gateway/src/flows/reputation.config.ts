import { type ApiVersion, REPUTATION_LIMITS, type ReputationLimits } from '@gatehouse/contracts';
import { z } from 'zod';

const NEWER_DEFAULT = (limit: number | undefined) => `${limit} with \`API_VERSION=2026.8\`, else no limit`;

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
      'x-default': NEWER_DEFAULT(REPUTATION_LIMITS['2026.8'].lowest),
    }),
  REPUTATION_UPPER_LIMIT: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .meta({
      description: 'Highest reputation score of a name at one address',
      'x-default': NEWER_DEFAULT(REPUTATION_LIMITS['2026.8'].highest),
    }),
});

/** Returns the limits of reputation scores. */
export function reputationLimits(
  config: z.output<typeof reputationConfig> & { readonly API_VERSION: ApiVersion },
): ReputationLimits {
  const { lowest, highest } = REPUTATION_LIMITS[config.API_VERSION];
  return { lowest: config.REPUTATION_LOWER_LIMIT ?? lowest, highest: config.REPUTATION_UPPER_LIMIT ?? highest };
}
