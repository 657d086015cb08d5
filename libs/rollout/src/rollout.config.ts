import { z } from 'zod';

const seconds = (min: number, max: number, fallback: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of rollouts that must be equal in the service that runs guards and in the commands. */
export const rolloutConfig = z.object({
  ROLLOUT_SETTLE_S: seconds(1, 86_400, 300).describe(
    'Age in seconds from which an answered plan that has not ended counts as not completed in a rollout',
  ),
  ROLLOUT_GRACE_S: seconds(60, 86_400, 900).describe(
    'Seconds after a comparison by the guard in which new plans may get the candidate of a guarded rollout',
  ),
});

/** Settings of the service that runs guards. */
export const rolloutGuardConfig = rolloutConfig.extend({
  ROLLOUT_LOOK_S: seconds(1, 600, 30).describe('Seconds between two comparisons of a rollout by its guard'),
});
