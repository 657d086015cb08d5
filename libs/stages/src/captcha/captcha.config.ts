import { z } from 'zod';

const integer = (preset: number, { min = 1, max }: { min?: number; max: number }) =>
  z.coerce.number().int().min(min).max(max).default(preset);

/** Settings of the captcha stage. */
export const captchaConfig = z.object({
  CAPTCHA_TIMEOUT_MS: integer(3000, { min: 10, max: 8000 }).describe(
    'Milliseconds that a captcha provider may take to verify a token',
  ),
  CAPTCHA_CONCURRENCY: integer(64, { max: 10_000 }).describe(
    'Tokens that one provider verifies at the same time; above that the stage returns busy',
  ),
  CAPTCHA_HOSTS: z
    .string()
    .default('*')
    .describe(
      'Hosts that tokens may be sent to, comma separated; `*`: every public host; a private host must be named',
    ),
  CAPTCHA_OUTAGE_FAILURES: integer(5, { max: 1000 }).describe(
    'Consecutive failures after which the circuit breaker of a provider opens',
  ),
  CAPTCHA_OUTAGE_S: integer(30, { max: 3600 }).describe(
    'Seconds until an open circuit breaker lets one request through',
  ),
  CAPTCHA_PROOF_TRIES: integer(200_000, { min: 100, max: 100_000_000 }).describe(
    'Largest number of hashes of a proof of work; the least is half of it',
  ),
  CAPTCHA_PROOF_S: integer(900, { min: 10, max: 86_400 }).describe('Lifetime of a proof of work, in seconds'),
});
export type CaptchaConfig = z.output<typeof captchaConfig>;
