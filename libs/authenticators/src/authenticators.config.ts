import { z } from 'zod';

/** What seals devices. The gateway's keys do not open them, nor these its plans. */
export const authenticatorsConfig = z.object({
  MFA_SEAL_KEYS: z
    .string()
    .describe('Keys of devices, as `id:base64` of 32 bytes each, comma separated; the first seals, all open'),
  MFA_CLEANUP_EVERY_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(3600)
    .describe('Seconds between two rounds that remove the devices of users who are gone'),
});
