import { z } from 'zod';

/** The part of a step's state about the mails with codes that it has sent. Only the code of the last mail is valid. */
export const sentEmail = z.object({
  /** Id of the device for which the code is valid, or the address while the device does not exist yet. */
  to: z.string(),
  salt: z.string(),
  code_hash: z.string(),
  /** Time of the last mail in milliseconds since 1970. */
  sent_at: z.number(),
  /** End of the code's validity in milliseconds since 1970. */
  until: z.number(),
  tries: z.int(),
  /** Number of mails that the step has sent. */
  mails: z.int(),
});
export type SentEmail = z.output<typeof sentEmail>;
