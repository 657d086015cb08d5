import { boolean, char, choice, defineStage, reference, secret } from '@gatehouse/contracts';
import { z } from 'zod';
import { SETUP_CONTRACT_DEFAULTS } from '../required-proof.js';
import { authenticatorSmsChallenge, authenticatorSmsResponse } from './authenticator-sms.wire.js';
import { sentCode } from './sms-code.js';

/** Contract of the stage that sets up a phone for codes by text message (docs/spec/mfa.md#sms). */
export const authenticatorSmsContract = defineStage({
  kind: 'authenticator_sms',
  component: 'ak-stage-authenticator-sms',
  model: 'authentik_stages_authenticator_sms.authenticatorsmsstage',
  service: 'mfa',
  user_info: true,
  addressable: ['code'],
  config: z.object({
    provider: choice(['twilio', 'generic']).describe('Service that sends the messages: Twilio or a webhook.'),
    from_number: char().describe('Number of the sender.'),
    /** The account id at Twilio, or the URL of the webhook. */
    account_sid: char().describe('Account id at Twilio, or the URL of the webhook.'),
    auth: secret(char()).describe('Token at Twilio, or user name or token of the webhook.'),
    auth_password: secret(char({ allowBlank: true }))
      .default('')
      .describe('Password of the webhook.'),
    auth_type: choice(['basic', 'bearer']).default('basic').describe('How calls of the webhook are authenticated.'),
    verify_only: boolean().default(false).describe('Whether the number is stored only as a hash.'),
    friendly_name: z.string().nullable().default(null).describe('Name of the stage for users.'),
    configure_flow: reference('flow').describe('Flow in which users set the device up in their settings.'),
  }),
  challenge: authenticatorSmsChallenge,
  response: authenticatorSmsResponse,
  /**
   * The device that is being set up. `useless` is a phone number from an earlier prompt stage that this stage has
   * refused.
   */
  state: z.object({ id: z.uuid(), sent: sentCode.optional(), useless: z.string().optional() }),
  ...SETUP_CONTRACT_DEFAULTS,
  reads: { ...SETUP_CONTRACT_DEFAULTS.reads, prompt_data: 'optional' },
  attempts: [
    {
      when: 'code',
      credential: 'sms_setup',
      free: 5,
      hard: 50,
      refuse: { field: 'non_field_errors', code: 'authenticator_sms_code' },
    },
  ],
  errors: {
    authenticator_sms_code: { string: 'Code does not match', code: 'invalid' },
    authenticator_sms_number: { string: 'Invalid phone number', code: 'invalid' },
    authenticator_sms_number_needed: { string: 'phone_number required', code: 'invalid' },
    authenticator_sms_early: { string: 'Please wait a moment before you ask for another code.', code: 'invalid' },
    authenticator_sms_unsent: { string: 'The message could not be sent. Please try again later.', code: 'invalid' },
  },
  deadline_ms: 10_000,
});
