import { z } from 'zod';
import { redirectTarget } from './redirect-target.js';

/** A puzzle of a captcha provider (docs/spec/stages.md#captcha-challenge). */
export const captchaPuzzle = z.object({
  site_key: z.string(),
  js_url: redirectTarget(),
  /** What the puzzle is for, where the provider's answer is to repeat it. */
  action: z.string().optional(),
});

/** The same inside the challenge of another step. */
export const embeddedCaptchaPuzzle = captchaPuzzle
  .extend({ component: z.string().optional() })
  .meta({ id: 'InnerCaptchaChallenge', description: 'A puzzle whose token is a part of the answer.' });

/** Where the house serves the script of its own puzzle, which needs no provider. */
export const PROOF_OF_WORK_SCRIPT = '/static/captcha/proof-of-work.js';
