import { z } from 'zod';

/** The state of the last push. It is a member of the validation stage's state. */
export const duoFactorState = z.object({
  /** The `pk` of the device to which the push was sent. */
  device: z.int(),
  /** Duo's transaction id. Absent after a denial, and if Duo was unavailable. */
  transaction: z.string().optional(),
  /** Time at which the push ends, in milliseconds since 1970; 0 after a denial. */
  until: z.number(),
  /** The number that the user must type into the Duo app. Absent if the push needs none. */
  number: z.string().optional(),
});
export type DuoFactorState = z.output<typeof duoFactorState>;
