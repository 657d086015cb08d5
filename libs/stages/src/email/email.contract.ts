import {
  boolean,
  CODE_MAIL_TEMPLATES,
  char,
  choice,
  defineStage,
  duration,
  integer,
  MAIL_TEMPLATES,
  MAIL_UNSENT,
  mailServerErrors,
  mailServerFields,
  minutesOrDuration,
  since2026,
  withNewerValues,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { emailChallenge, emailResponse } from './email.wire.js';

/** Credential for which the gateway counts the attempts at mailed codes. */
export const EMAIL_CODE = 'email_code';

/** Longest lifetime of a link, in seconds: thirty days. */
const MAX_EXPIRY_S = 30 * 86_400;
const TEMPLATES = [...MAIL_TEMPLATES, ...CODE_MAIL_TEMPLATES] as const;
/** Templates that authentik has had since 2026.8. */
const NEWER_TEMPLATES = ['email/email_otp.html', 'email/invitation.html'];
const MAX_TEXT = 255;
/** Largest value of `recovery_max_attempts`. */
const MAX_RESENDS = 1000;

/** Contract of the email stage, which mails a link and a code to verify an address (docs/spec/stages.md#email). */
export const emailContract = defineStage({
  kind: 'email',
  component: 'ak-stage-email',
  model: 'authentik_stages_email.emailstage',
  service: 'enrollment',
  preview: {},
  proves: () => ({ factor: 'first', if_missing: 'refused' }),
  config: z.object({
    ...mailServerFields,
    activate_user_on_success: boolean().default(false).describe('Whether the user becomes active.'),
    token_expiry: minutesOrDuration(30, MAX_EXPIRY_S).describe(
      'Lifetime of the link and of the code: a duration, or a number of minutes.',
    ),
    recovery_max_attempts: since2026(integer({ min: 0, max: MAX_RESENDS }).default(5)).describe(
      'Largest number of further mails that visitors may ask for to one address, over all sessions. Zero: none.',
    ),
    recovery_cache_timeout: since2026(duration('minutes=5')).describe(
      'Time without a further mail after which the number of recovery_max_attempts starts again.',
    ),
    subject: char({ maxLength: MAX_TEXT }).default('authentik').describe('Subject of the mail.'),
    template: withNewerValues(choice(TEMPLATES), NEWER_TEMPLATES)
      .default(MAIL_TEMPLATES[0])
      .describe('Template of the mail.'),
  }),
  validate: mailServerErrors,
  challenge: emailChallenge,
  response: emailResponse,
  state: z.object({
    /** Address of the last mail. Empty if the last mail had no recipient. */
    address: z.string(),
    /** Time of the last mail, in milliseconds since 1970. */
    sent_at: z.number(),
    mails: z.int(),
    salt: z.string(),
    code_hash: z.string(),
    code_until: z.number(),
    /**
     * `true` if a response asked for another mail, but its rejection restarted the flow. The stage sends that mail when
     * the flow has returned to this step.
     */
    wanted: z.boolean().exactOptional(),
  }),
  reads: { pending_user: 'optional', email: 'optional', is_restored: 'optional' },
  writes: ['pending_user', 'verified_user'],
  changes_user: true,
  errors: {
    email_no_user: { string: 'No Pending User.', code: 'invalid' },
    email_unsent: MAIL_UNSENT,
    email_code_invalid: { string: 'This code is wrong, or too old.', code: 'invalid' },
  },
  effects: ['mail', 'link_used', 'toast'],
  attempts: [
    {
      when: 'code',
      credential: EMAIL_CODE,
      free: 3,
      hard: 50,
      refuse: { field: 'code', code: 'email_code_invalid' },
    },
  ],
  // The response field `code` is a secret. URLs may contain a query parameter named `code` nevertheless, because many
  // sites use this name for other values.
  addressable: ['code'],
  // The stage may change the user, so the gateway saves the plan before it calls the stage. This save consumes the
  // mailed link if the visitor has followed it. If the visitor has typed the code, the effect `link_used` consumes the
  // link in a later save.
  writes_data: true,
});
