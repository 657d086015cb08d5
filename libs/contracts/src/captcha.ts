import { z } from 'zod';
import { target } from './target.js';

/** A puzzle of a captcha provider, in a step of its own or inside another (02-stages §4.2). */
export const captchaChallenge = z
  .object({
    site_key: z.string(),
    js_url: target(),
    /** What the puzzle is for, where the provider's answer is to repeat it. */
    action: z.string().optional(),
  })
  .meta({ id: 'CaptchaChallenge', description: "Runs a captcha provider's script." });

/** Where the house serves the script of its own puzzle, which needs no provider. */
export const PROOF_SCRIPT = '/static/captcha/proof-of-work.js';
