import { versionsConfig } from '@gatehouse/blueprints';
import { apiVersionSetting, trustedStages } from '@gatehouse/contracts';
import { rolloutGuardConfig } from '@gatehouse/rollout';
import { z } from 'zod';

/** Settings of the service that changes flows. */
export const flowChangesConfig = z.object({
  SEAL_KEYS: z
    .string()
    .describe('The same keys as those of the gateway: they encrypt the secrets of stages, and the audit events'),
  TRUSTED_STAGES: trustedStages,
  ...apiVersionSetting.shape,
  FLOW_CHANGES_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe(
      'Requests about flows that one process works on at the same time; further ones get 409. One process at a time changes flows',
    ),
  ...versionsConfig.shape,
  ...rolloutGuardConfig.shape,
});
