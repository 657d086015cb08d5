import { z } from 'zod';

/** Settings of WebAuthn. */
export const webauthnConfig = z.object({
  WEBAUTHN_CHALLENGE_S: z.coerce
    .number()
    .int()
    .min(60)
    .max(3600)
    .default(600)
    .describe('Seconds that somebody may take to answer one challenge of WebAuthn'),
});
