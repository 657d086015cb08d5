import { z } from 'zod';

/** Settings of recovery links (docs/spec/http.md#recovery-links). */
export const recoveryLinkConfig = z.object({
  RECOVERY_LINK_MAX_S: z.coerce
    .number()
    .int()
    .min(60)
    .max(30 * 86_400)
    .default(30 * 86_400)
    .describe(
      'Longest lifetime, in seconds, of a recovery link that a superuser creates over HTTP. Without `token_duration`, the link lasts a day, and a mailed link as long as the links of its email stage, but never longer than this',
    ),
});
