import {
  boolean,
  captchaPuzzle,
  char,
  defineStage,
  type Errors,
  isWebAddress,
  number,
  redirectTarget,
  reference,
  secret,
} from '@gatehouse/contracts';
import { z } from 'zod';

const MODEL = 'authentik_stages_captcha.captchastage';

/** The `api_url` of the house's own puzzle, a proof of work that no third party hears of. */
export const PROOF_OF_WORK = 'gatehouse:proof-of-work';

/** Characters of a token that are looked at; the longest of a provider has a third of that. */
export const MAX_TOKEN = 16_384;

/** Characters that the key of a proof must have at least. */
export const MIN_PROOF_KEY = 32;

const NO_ADDRESS = `Enter an http(s) URL or ${PROOF_OF_WORK}.`;

/** What a solved proof of work remembers of its question. */
export const proofOfWork = z.object({
  parameters: z.looseObject({ expiresAt: z.number() }),
  signature: z.string(),
});

/** Asks for what a robot finds hard: a provider's puzzle, or a proof of work (docs/spec/stages.md#captcha). */
export const captchaContract = defineStage({
  kind: 'captcha',
  component: 'ak-stage-captcha',
  model: MODEL,
  service: 'captcha',
  acts: false,
  // Puzzles solve themselves.
  personal_fields: [],
  user_info: true,
  config: z.object({
    public_key: char(),
    private_key: secret(char()),
    js_url: redirectTarget().default('https://www.recaptcha.net/recaptcha/api.js'),
    api_url: z
      .string()
      .refine((address) => address === PROOF_OF_WORK || isWebAddress(address), { error: NO_ADDRESS })
      .default('https://www.recaptcha.net/recaptcha/api/siteverify'),
    score_min_threshold: number().default(0.5),
    score_max_threshold: number().default(1),
    error_on_invalid_score: boolean().default(true),
    hostnames: z.array(char()).default([]),
    action: char({ allowBlank: true }).default(''),
    fallback_stage: reference('stage', MODEL),
  }),
  admit: proofKeyErrors,
  challenge: captchaPuzzle
    .extend({})
    .meta({ id: 'CaptchaChallenge', description: "Runs a captcha provider's script." }),
  response: z
    .object({ token: secret(char({ maxLength: MAX_TOKEN })) })
    .meta({ id: 'CaptchaChallengeResponseRequest', description: "The token of the provider's script." }),
  state: z.object({ proof: proofOfWork.optional() }),
  writes: ['captcha'],
  errors: {
    captcha_failed: { string: 'Failed to validate token', code: 'invalid' },
    captcha_refused: { string: 'Failed to validate token: {codes}', code: 'invalid' },
    captcha_invalid: { string: 'Invalid captcha response', code: 'invalid' },
    captcha_spent: { string: 'This token has been used already.', code: 'invalid' },
  },
  inserts: ['captcha'],
  addressable: ['token'],
  deadline_ms: 10_000,
});

const SHORT_KEY = 'The key of a proof of work has at least {min} characters.';

function proofKeyErrors({ api_url, private_key }: Readonly<Record<string, unknown>>): Errors {
  const isShort = api_url === PROOF_OF_WORK && String(private_key ?? '').length < MIN_PROOF_KEY;
  return isShort ? { private_key: [{ text: SHORT_KEY.replace('{min}', String(MIN_PROOF_KEY)) }] } : {};
}
