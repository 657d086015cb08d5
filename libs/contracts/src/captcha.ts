import { z } from 'zod';
import { target } from './target.js';

/** A puzzle of a captcha provider (docs/spec/stages.md#captcha-challenge). */
export const puzzle = z.object({
  site_key: z.string(),
  js_url: target(),
  /** What the puzzle is for, where the provider's answer is to repeat it. */
  action: z.string().optional(),
});

/** The same inside the challenge of another step. */
export const innerPuzzle = puzzle
  .extend({ component: z.string().optional() })
  .meta({ id: 'InnerCaptchaChallenge', description: 'A puzzle whose token is a part of the answer.' });

/** Where the house serves the script of its own puzzle, which needs no provider. */
export const PROOF_SCRIPT = '/static/captcha/proof-of-work.js';
