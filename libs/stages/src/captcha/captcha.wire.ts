import { char, secret, target } from '@gatehouse/contracts';
import { z } from 'zod';

/** A puzzle of a captcha provider (02-stages §4.2). */
export const captchaChallenge = z
  .object({ site_key: z.string(), js_url: target() })
  .meta({ id: 'CaptchaChallenge', description: "Runs a captcha provider's script." });

/** What the provider's script gave for a solved puzzle (02-stages §4.3). */
export const captchaResponse = z
  .object({ token: secret(char()) })
  .meta({ id: 'CaptchaChallengeResponseRequest', description: "The token of the provider's script." });
