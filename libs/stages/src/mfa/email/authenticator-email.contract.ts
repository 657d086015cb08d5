import {
  CODE_MAIL_TEMPLATES,
  char,
  defineStage,
  duration,
  type Errors,
  MAIL_UNSENT,
  mailServerErrors,
  mailServerFields,
  reference,
  seconds,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { SETUP_CONTRACT_DEFAULTS } from '../required-proof.js';
import { authenticatorEmailChallenge, authenticatorEmailResponse } from './authenticator-email.wire.js';
import { sentEmail } from './sent-email.js';

/** Maximum length of the subject of a mail, in characters. */
const MAX_SUBJECT = 255;
/** Shortest lifetime of a code in seconds. A mail may take a while to arrive. */
const MIN_EXPIRY_S = 60;

/** Contract of the stage that sets up an email address for mailed codes (docs/spec/mfa.md#email). */
export const authenticatorEmailContract = defineStage({
  kind: 'authenticator_email',
  component: 'ak-stage-authenticator-email',
  model: 'authentik_stages_authenticator_email.authenticatoremailstage',
  api_version: '2026.8',
  service: 'mfa',
  user_info: true,
  addressable: ['code'],
  config: z.object({
    ...mailServerFields,
    token_expiry: duration('minutes=30').describe('Lifetime of a code, at most EMAIL_CODE_S.'),
    subject: char({ maxLength: MAX_SUBJECT }).default('authentik Sign-in code').describe('Subject of the mail.'),
    template: z.literal(CODE_MAIL_TEMPLATES).default(CODE_MAIL_TEMPLATES[0]).describe('Template of the mail.'),
    friendly_name: z.string().nullable().default(null).describe('Name of the stage for users.'),
    configure_flow: reference('flow').describe('Flow in which users set the device up in their settings.'),
  }),
  validate: validateConfig,
  challenge: authenticatorEmailChallenge,
  response: authenticatorEmailResponse,
  state: z.object({
    /** Id of the device that is being set up. */
    id: z.uuid(),
    /** The address that the visitor has typed because the account has none. */
    typed: z.string().optional(),
    sent: sentEmail.optional(),
    /** An address from an earlier prompt stage that cannot be used because another device has it. */
    useless: z.string().optional(),
    /** Set after the rejection of an answer, because the challenge that follows mails no code. */
    rejected: z.boolean().optional(),
  }),
  ...SETUP_CONTRACT_DEFAULTS,
  reads: { ...SETUP_CONTRACT_DEFAULTS.reads, prompt_data: 'optional' },
  effects: [...SETUP_CONTRACT_DEFAULTS.effects, 'mail'],
  attempts: [
    {
      when: 'code',
      credential: 'email_setup',
      free: 5,
      hard: 50,
      refuse: { field: 'non_field_errors', code: 'authenticator_email_code' },
    },
  ],
  errors: {
    authenticator_email_code: { string: 'Code does not match', code: 'invalid' },
    authenticator_email_address: { string: 'Invalid email', code: 'invalid' },
    authenticator_email_needed: { string: 'email required', code: 'invalid' },
    authenticator_email_registered: {
      string: 'The user already has an email address registered for MFA.',
      code: 'invalid',
    },
    authenticator_email_early: { string: 'Please wait a moment before you ask for another code.', code: 'invalid' },
    authenticator_email_unsent: MAIL_UNSENT,
  },
});

/** Returns the errors of a blueprint config. */
function validateConfig(config: Readonly<Record<string, unknown>>): Errors {
  const { token_expiry: expiry } = config;
  const isShort = typeof expiry === 'string' && seconds(expiry) < MIN_EXPIRY_S;
  return {
    ...mailServerErrors(config),
    ...(isShort ? { token_expiry: [{ text: 'This must be at least a minute.' }] } : {}),
  };
}
