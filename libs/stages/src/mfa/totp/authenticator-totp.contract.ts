import { choice, defineStage, reference, secret } from '@gatehouse/contracts';
import { z } from 'zod';
import { SETUP_CONTRACT_DEFAULTS } from '../required-proof.js';
import { authenticatorTotpChallenge, authenticatorTotpResponse } from './authenticator-totp.wire.js';

/** Contract of the stage that sets up an authenticator app with time-based codes (docs/spec/mfa.md#totp). */
export const authenticatorTotpContract = defineStage({
  kind: 'authenticator_totp',
  component: 'ak-stage-authenticator-totp',
  model: 'authentik_stages_authenticator_totp.authenticatortotpstage',
  service: 'mfa',
  preview: { changes_user: true },
  user_info: true,
  addressable: ['code'],
  config: z.object({
    digits: choice(['6', '8']).describe('Number of digits of a code.'),
    friendly_name: z.string().nullable().default(null).describe('Name of the stage for users.'),
    configure_flow: reference('flow').describe('Flow in which users set the device up in their settings.'),
  }),
  challenge: authenticatorTotpChallenge,
  response: authenticatorTotpResponse,
  /** The device that is being set up. */
  state: z.object({ id: z.uuid(), key: secret(z.string()), digits: z.literal(['6', '8']) }),
  ...SETUP_CONTRACT_DEFAULTS,
  acts_on_entry: () => false,
  errors: { authenticator_totp_code: { string: 'Code does not match', code: 'invalid' } },
});
