import { z } from 'zod';

const seconds = (min: number, max: number, fallback: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of rollouts that must be equal in the service that runs guards and in the commands. */
export const rolloutConfig = z.object({
  ROLLOUT_SETTLE_S: seconds(1, 86_400, 300).describe(
    'Age in seconds from which an answered plan that has not ended counts as not completed in a rollout',
  ),
  ROLLOUT_GRACE_S: seconds(60, 86_400, 900).describe(
    'Seconds for which new plans get the version of a guarded rollout without a look of its guard',
  ),
});

/** Settings of the service that runs guards. */
export const rolloutGuardConfig = rolloutConfig.extend({
  ROLLOUT_LOOK_S: seconds(1, 600, 30).describe('Seconds between two looks of a guard at its rollout'),
});
