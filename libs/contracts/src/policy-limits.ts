import { z } from 'zod';

const bytes = (fallback: number, max: number) => z.coerce.number().int().min(1024).max(max).default(fallback);

/** Size limits of messages about policies. Both the requesters and the policy service enforce them. */
export const policyLimits = z.object({
  POLICY_REQUEST_BYTES: bytes(768 * 1024, 960 * 1024).describe(
    'Largest policy request on the bus in bytes; a larger one is not sent, and the visitor gets a 503',
  ),
  POLICY_REPLY_BYTES: bytes(256 * 1024, 960 * 1024).describe(
    'Largest policy reply on the bus in bytes; a larger one is an error, and the visitor gets a 503',
  ),
});

/** Largest policy request and reply, in bytes. */
export interface PolicyMessageLimits {
  readonly request: number;
  readonly reply: number;
}

/** Returns the limits from the settings. */
export const policyMessageLimits = (settings: z.output<typeof policyLimits>): PolicyMessageLimits => ({
  request: settings.POLICY_REQUEST_BYTES,
  reply: settings.POLICY_REPLY_BYTES,
});
