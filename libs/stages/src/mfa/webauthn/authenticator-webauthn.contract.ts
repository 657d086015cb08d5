import { boolean, choice, defineStage, type Errors, integer, reference, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';
import { SETUP_CONTRACT_DEFAULTS } from '../required-proof.js';
import { authenticatorWebauthnChallenge, authenticatorWebauthnResponse } from './authenticator-webauthn.wire.js';
import { deviceType, deviceTypes } from './device-type.js';
import { HINTS, USER_VERIFICATIONS } from './relying-party.js';

/** Contract of the stage that registers a passkey or a security key (docs/spec/mfa.md#webauthn). */
export const authenticatorWebauthnContract = defineStage({
  kind: 'authenticator_webauthn',
  component: 'ak-stage-authenticator-webauthn',
  model: 'authentik_stages_authenticator_webauthn.authenticatorwebauthnstage',
  service: 'mfa',
  preview: { changes_user: true },
  user_info: true,
  config: z.object({
    user_verification: choice(USER_VERIFICATIONS)
      .default('preferred')
      .describe('Whether the authenticator must verify the user.'),
    resident_key_requirement: choice(USER_VERIFICATIONS)
      .default('preferred')
      .describe('Whether the passkey must be discoverable.'),
    authenticator_attachment: choice(['platform', 'cross-platform'])
      .nullable()
      .default(null)
      .describe('Kind of authenticators. Null: any.'),
    device_type_restrictions: deviceTypes().describe('Models of authenticators that can be set up. Empty: all.'),
    hints: z.array(choice(HINTS)).default([]).describe('Kinds of authenticators that browsers offer first.'),
    max_attempts: since2026(integer({ min: 0 }).default(0)).describe(
      'Invalid answers after which the visitor is denied. 0: no limit.',
    ),
    conditional: boolean()
      .default(false)
      .describe(
        'Whether the browser creates the passkey without asking, after a login by password. The step passes even if the browser creates none. authentik has no such field.',
      ),
    friendly_name: z.string().nullable().default(null).describe('Name of the stage for users.'),
    configure_flow: reference('flow').describe('Flow in which users set the device up in their settings.'),
  }),
  validate: validateConfig,
  related_models: [deviceType],
  challenge: authenticatorWebauthnChallenge,
  response: authenticatorWebauthnResponse,
  /**
   * The id of the device that is being set up, the WebAuthn challenge with its expiry in milliseconds since 1970, and the
   * number of invalid answers.
   */
  state: z.object({ id: z.uuid(), challenge: z.string(), until: z.number(), attempts: z.int().default(0) }),
  ...SETUP_CONTRACT_DEFAULTS,
  reads: { ...SETUP_CONTRACT_DEFAULTS.reads, auth_method: 'optional', verified_user: 'optional' },
  // A conditional step passes where other steps would ask for a proof.
  forecast: ({ conditional }) => (conditional === true ? {} : SETUP_CONTRACT_DEFAULTS.forecast()),
  acts_on_entry: () => false,
  errors: {
    authenticator_webauthn_failed: { string: 'Registration failed. Error: {reason}', code: 'invalid' },
    authenticator_webauthn_attempts: {
      string: 'Exceeded maximum attempts. Contact your {brand} administrator for help.',
      code: 'invalid',
    },
    authenticator_webauthn_known: { string: 'Credential ID already exists.', code: 'invalid' },
    authenticator_webauthn_model: {
      string: 'Invalid device type. Contact your {brand} administrator for help.',
      code: 'invalid',
    },
  },
});

/** Returns the errors of a blueprint config. */
function validateConfig({ conditional, user_verification }: Readonly<Record<string, unknown>>): Errors {
  if (conditional !== true || user_verification !== 'required') return {};
  const text = 'Browsers ask before they create a passkey with user verification. Set user_verification to preferred.';
  return { conditional: [{ text }] };
}
