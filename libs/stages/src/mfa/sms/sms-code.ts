import { z } from 'zod';

/** A code that was sent, in the state of the step that sent it. */
export const sentCode = z.object({
  /** The device that it was sent to; or the number, where there is no device yet. */
  to: z.string(),
  code: z.string(),
  /** Milliseconds since 1970. */
  until: z.number(),
  tries: z.int(),
});
