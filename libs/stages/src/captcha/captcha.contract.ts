import { hash } from 'node:crypto';
import {
  boolean,
  captchaPuzzle,
  char,
  choice,
  defineStage,
  type Errors,
  isWebAddress,
  number,
  redirectTarget,
  reference,
  secret,
  since2026,
} from '@gatehouse/contracts';
import { z } from 'zod';

const MODEL = 'authentik_stages_captcha.captchastage';

/** Value of `api_url` that selects the built-in proof of work, which involves no third party. */
export const PROOF_OF_WORK = 'gatehouse:proof-of-work';

/** Formats in which a token is sent to a provider. */
const CONTENT_TYPES = ['application/x-www-form-urlencoded', 'application/json'] as const;

/** Largest length of a captcha token, in characters: three times the length of the longest token of any provider. */
export const MAX_TOKEN = 16_384;

/** Smallest length of the key that signs proofs of work, in characters. */
export const MIN_PROOF_KEY = 32;

const INVALID_ADDRESS = `Enter an http(s) URL or ${PROOF_OF_WORK}.`;

/** Schema of a proof-of-work challenge in the state of the step. */
export const proofOfWork = z.object({
  parameters: z.looseObject({ expiresAt: z.number() }),
  signature: z.string(),
});

/**
 * Returns the config for a preview. The built-in proof of work takes the place of a provider, so the page loads no
 * script of another host, and no token is sent to one. The preview signs its proof of work with another key than that
 * of the provider.
 */
const withoutProvider = (config: Readonly<Record<string, unknown>>) =>
  config['api_url'] === PROOF_OF_WORK
    ? config
    : {
        ...config,
        ...{ api_url: PROOF_OF_WORK, fallback_stage: null },
        private_key: hash('sha256', `preview ${String(config['private_key'])}`, 'hex'),
      };

/** Returns the host of the provider whose puzzle a preview replaces. */
const replacedProvider = ({ api_url: address }: Readonly<Record<string, unknown>>) =>
  address === PROOF_OF_WORK ? undefined : { provider: new URL(String(address)).host, by: 'proof of work' };

/** Contract of the captcha stage, which shows a provider's puzzle or a proof of work (docs/spec/stages.md#captcha). */
export const captchaContract = defineStage({
  kind: 'captcha',
  component: 'ak-stage-captcha',
  model: MODEL,
  service: 'captcha',
  preview: { config: withoutProvider, replaces: replacedProvider },
  acts: false,
  // A script of the page can solve the puzzle without the user, so no response field proves that a person acted.
  personal_fields: [],
  user_info: true,
  config: z.object({
    public_key: char().describe('Site key of the provider.'),
    private_key: secret(char()).describe('Secret key of the provider.'),
    js_url: redirectTarget()
      .default('https://www.recaptcha.net/recaptcha/api.js')
      .describe('Address of the script of the provider.'),
    api_url: z
      .string()
      .refine((address) => address === PROOF_OF_WORK || isWebAddress(address), { error: INVALID_ADDRESS })
      .default('https://www.recaptcha.net/recaptcha/api/siteverify')
      .describe('Address that verifies tokens, or the proof of work of Gatehouse.'),
    score_min_threshold: number().default(0.5).describe('Lowest score that passes.'),
    score_max_threshold: number().default(1).describe('Highest score that passes.'),
    error_on_invalid_score: boolean()
      .default(true)
      .describe('Whether another score is refused. Otherwise policies decide.'),
    hostnames: z
      .array(char())
      .default([])
      .describe('Host names of sites for which a token is accepted. Empty: that of `BASE_URL`. `*`: any.'),
    action: char({ allowBlank: true }).default('').describe('Action for which a token must be. Empty: any.'),
    interactive: since2026(boolean().default(false)).describe(
      'Whether the page shows the widget of the provider, so that the visitor acts in it.',
    ),
    request_content_type: since2026(choice(CONTENT_TYPES).default(CONTENT_TYPES[0])).describe(
      'Format in which a token is sent to the provider.',
    ),
    fallback_stage: reference('stage', MODEL).describe('Captcha stage that asks while the provider does not answer.'),
  }),
  validate: proofKeyErrors,
  challenge: captchaPuzzle
    .extend({})
    .meta({ id: 'CaptchaChallenge', description: 'Shows a captcha, with the script of its provider.' }),
  response: z
    .object({ token: secret(char({ maxLength: MAX_TOKEN })) })
    .meta({ id: 'CaptchaChallengeResponseRequest', description: "The token that the provider's script has returned." }),
  state: z.object({ proof: proofOfWork.optional() }),
  reads: {
    'goauthentik.io/stages/captcha/site_key': 'optional',
    'goauthentik.io/stages/captcha/private_key': 'optional',
  },
  writes: ['captcha'],
  errors: {
    captcha_failed: { string: 'Failed to validate token', code: 'invalid' },
    captcha_refused: { string: 'Failed to validate token: {codes}', code: 'invalid' },
    captcha_invalid: { string: 'Invalid captcha response', code: 'invalid' },
    captcha_retry: { string: 'Invalid captcha response. Retrying may solve this issue.', code: 'invalid' },
    captcha_spent: { string: 'This token has been used already.', code: 'invalid' },
  },
  inserts: ['captcha'],
  addressable: ['token'],
  deadline_ms: 10_000,
});

const KEY_TOO_SHORT = 'The key of a proof of work has at least {min} characters.';

function proofKeyErrors({ api_url, private_key }: Readonly<Record<string, unknown>>): Errors {
  const isShort = api_url === PROOF_OF_WORK && String(private_key ?? '').length < MIN_PROOF_KEY;
  return isShort ? { private_key: [{ text: KEY_TOO_SHORT.replace('{min}', String(MIN_PROOF_KEY)) }] } : {};
}
