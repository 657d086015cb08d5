import { z } from 'zod';

/** Settings of the gateway about changes of flows over HTTP (docs/spec/flow-changes.md). */
export const flowChangeLimits = z.object({
  FLOW_CHANGE_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(4 * 1024 * 1024)
    .default(1280 * 1024)
    .describe('Largest request body with a blueprint. The blueprint itself has 1 MiB at most'),
  FLOW_CHANGE_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .max(18_000)
    .default(15_000)
    .describe('Milliseconds that a change of flows over HTTP may take; a longer one is rolled back'),
  FLOW_CHANGE_PROOF_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe('Seconds after a login with a device in which a superuser may change flows over HTTP'),
  FLOW_CHANGE_DEVICE_AGE_S: z.coerce
    .number()
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(3600)
    .describe(
      'Seconds after its set-up from which a device counts for FLOW_CHANGE_PROOF_S, because a stolen password can set up a first device',
    ),
});
