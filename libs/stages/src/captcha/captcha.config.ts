import { z } from 'zod';

const whole = (preset: number, { min = 1, max }: { min?: number; max: number }) =>
  z.coerce.number().int().min(min).max(max).default(preset);

/** Settings of the captcha stage. */
export const captchaConfig = z.object({
  CAPTCHA_TIMEOUT_MS: whole(3000, { min: 10, max: 8000 }).describe(
    'Milliseconds that a provider of puzzles may take to judge a token',
  ),
  CAPTCHA_CONCURRENCY: whole(64, { max: 10_000 }).describe(
    'Tokens that one provider judges at a time; beyond that the stage says it is busy',
  ),
  CAPTCHA_HOSTS: z
    .string()
    .default('*')
    .describe('Hosts that tokens may be sent to, comma separated, private ones too; `*`: any of the internet'),
  CAPTCHA_OUTAGE_FAILURES: whole(5, { max: 1000 }).describe(
    'Failures in a row after which a provider counts as out and is not asked',
  ),
  CAPTCHA_OUTAGE_S: whole(30, { max: 3600 }).describe('Seconds until a provider that is out is tried again'),
  CAPTCHA_PROOF_TRIES: whole(200_000, { min: 100, max: 100_000_000 }).describe(
    'Hashes that a proof of work takes at most; at least half as many',
  ),
  CAPTCHA_PROOF_S: whole(900, { min: 10, max: 86_400 }).describe('Seconds that a proof of work is asked for'),
});
export type CaptchaConfig = z.output<typeof captchaConfig>;
