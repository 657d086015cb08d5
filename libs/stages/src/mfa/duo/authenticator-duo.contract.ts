import { defineStage, reference, secret } from '@gatehouse/contracts';
import { z } from 'zod';
import { SETUP_CONTRACT_DEFAULTS } from '../required-proof.js';
import { authenticatorDuoChallenge, authenticatorDuoResponse } from './authenticator-duo.wire.js';

const HOST = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;

/** Contract of the stage that pairs a phone with Duo (docs/spec/mfa.md#duo). */
export const authenticatorDuoContract = defineStage({
  kind: 'authenticator_duo',
  component: 'ak-stage-authenticator-duo',
  model: 'authentik_stages_authenticator_duo.authenticatorduostage',
  service: 'mfa',
  user_info: true,
  // The page polls and submits without the user, so no field shows that the user acted.
  personal_fields: [],
  config: z.object({
    api_hostname: z
      .string()
      .regex(HOST, 'This is not a host name. An example is api-xxxxxxxx.duosecurity.com.')
      .describe('API host name of the Duo application.'),
    client_id: z.string().min(1).describe('Client id of the Duo application.'),
    client_secret: secret(z.string().min(1)).describe('Client secret of the Duo application.'),
    admin_integration_key: z.string().default('').describe('Integration key of the admin API, to import devices.'),
    admin_secret_key: secret(z.string()).default('').describe('Secret key of the admin API.'),
    /** Whether to show a number that the user types into Duo's app, if the Duo account requires verified pushes. */
    number_matching: z.boolean().default(true).describe('Whether users compare a number in the Duo app.'),
    friendly_name: z.string().nullable().default(null).describe('Name of the stage for users.'),
    configure_flow: reference('flow').describe('Flow in which users set the device up in their settings.'),
  }),
  challenge: authenticatorDuoChallenge,
  response: authenticatorDuoResponse,
  /** The pairing in progress, and the id of the device that is being set up. */
  state: z.object({ id: z.uuid(), userId: z.string(), activationCode: z.string(), activationBarcode: z.string() }),
  ...SETUP_CONTRACT_DEFAULTS,
  deadline_ms: 10_000,
  errors: {
    authenticator_duo_failed: { string: 'Duo did not accept the request. Ask your administrator.', code: 'invalid' },
    authenticator_duo_away: { string: 'Duo cannot be reached. Please try again later.', code: 'unavailable' },
    authenticator_duo_status: { string: 'Invalid enrollment status: {status}.', code: 'invalid' },
    authenticator_duo_known: { string: 'Device with Credential ID already exists.', code: 'invalid' },
  },
});
