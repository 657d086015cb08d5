import { z } from 'zod';

/** What the validate stage remembers of a message to somebody's phone. */
export const duoFactorState = z.object({
  /** Number of the device that it went to. */
  device: z.int(),
  /** Under which Duo knows it; absent once it was refused: until then nothing more is sent. */
  transaction: z.string().optional(),
  /** Until when it can be answered, or nothing more is sent; in milliseconds since 1970. */
  until: z.number(),
  /** What the visitor types into the app. */
  number: z.string().optional(),
});
export type DuoMemory = z.output<typeof duoFactorState>;
