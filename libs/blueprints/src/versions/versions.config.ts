import { z } from 'zod';

/** Settings of every process that publishes flows. */
export const versionsConfig = z.object({
  FLOW_VERSIONS_KEPT: z.coerce
    .number()
    .int()
    .min(2)
    .max(10_000)
    .default(20)
    .describe(
      'Versions of each flow, and separately drafts of each flow, that `blueprint` keeps when it adds another one. It also keeps those that running logins and mailed links use',
    ),
  FLOW_RELEASES_KEPT: z.coerce
    .number()
    .int()
    .min(2)
    .max(10_000)
    .default(200)
    .describe('Rows of each flow in the log of publications, which `flow rollback` reads'),
});
