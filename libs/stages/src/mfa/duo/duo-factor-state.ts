import { z } from 'zod';

/** The state of the last push, in the state of the validation stage. */
export const duoFactorState = z.object({
  /** The `pk` of the device that the push went to. */
  device: z.int(),
  /** Duo's transaction id; absent after a denial, which blocks further pushes until `until`. */
  transaction: z.string().optional(),
  /** End of the push or of the block, in milliseconds since 1970. */
  until: z.number(),
  /** The number that the user types into the app. */
  number: z.string().optional(),
});
export type DuoFactorState = z.output<typeof duoFactorState>;
