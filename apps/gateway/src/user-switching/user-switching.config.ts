import { z } from 'zod';

/** Settings of user switching (docs/spec/sessions.md#user-switching). */
export const userSwitchingConfig = z.object({
  BROWSER_USERS_MAX: z.coerce
    .number()
    .int()
    .min(2)
    .max(20)
    .default(5)
    .describe(
      'Users who may be logged in within one browser, if its brand has a `flow_user_switch`; a further one gets 400',
    ),
});
