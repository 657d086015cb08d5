import { z } from 'zod';
import { ownField, since2026 } from './api-fields.js';
import { DEFAULT_AVATAR } from './default-avatar.js';
import { redirectTarget } from './redirect-target.js';

/** What a client needs to show a captcha (docs/spec/stages.md#captcha-challenge). */
export const captchaPuzzle = z.object({
  site_key: z.string(),
  js_url: redirectTarget(),
  /**
   * Whether the visitor acts in the widget of the provider. If not, the page shows no widget. A service may omit the
   * field; clients always get it.
   */
  interactive: since2026(z.preprocess((value) => value ?? false, z.boolean())),
  /**
   * Action that the page passes to the provider's script, such as reCAPTCHA v3. The provider's verification must return
   * the same action.
   */
  action: ownField(z.string().optional()),
});

/** A captcha that is embedded in the challenge of another step. Its `pending_user` is always empty. */
export const embeddedCaptchaPuzzle = captchaPuzzle
  .extend({
    component: z.string().optional(),
    pending_user: z.literal('').default(''),
    pending_user_avatar: z.string().default(DEFAULT_AVATAR),
  })
  .meta({
    id: 'InnerCaptchaChallenge',
    description: 'A captcha inside another challenge. Its token is part of the response to that challenge.',
  });

/** Path of the script of the built-in proof-of-work captcha, which needs no provider. */
export const PROOF_OF_WORK_SCRIPT = '/static/captcha/proof-of-work.js';
