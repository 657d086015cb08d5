import { z } from 'zod';

/**
 * Settings of the device store. Its keys are separate from the gateway's, so that neither process can open what the
 * other has sealed.
 */
export const authenticatorsConfig = z.object({
  MFA_SEAL_KEYS: z
    .string()
    .describe(
      'Keys that seal devices, as `id:base64` of 32 bytes each, comma separated; the first key seals, all keys open',
    ),
  MFA_CLEANUP_EVERY_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(3600)
    .describe('Seconds between two runs that delete the devices of deleted users'),
});
