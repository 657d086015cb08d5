import { z } from 'zod';

const bytes = (fallback: number, max: number) => z.coerce.number().int().min(1024).max(max).default(fallback);

/** What may be on its way between whoever asks for policies and the service: both hold themselves to it. */
export const policyLimits = z.object({
  POLICY_REQUEST_BYTES: bytes(768 * 1024, 960 * 1024).describe(
    'Bytes of one question about policies on the bus; a larger one is not asked, and the visitor gets a 503',
  ),
  POLICY_REPLY_BYTES: bytes(256 * 1024, 960 * 1024).describe(
    'Bytes of the answer; a larger one decides nothing, and the visitor gets a 503',
  ),
});

/** Bytes of a question and of its answer. */
export interface PolicyMessageLimits {
  readonly request: number;
  readonly reply: number;
}

/** As settings say. */
export const policyMessageLimits = (settings: z.output<typeof policyLimits>): PolicyMessageLimits => ({
  request: settings.POLICY_REQUEST_BYTES,
  reply: settings.POLICY_REPLY_BYTES,
});
