import {
  type AttemptRule,
  choice,
  DEVICE_CLASSES,
  defineStage,
  duration,
  type Errors,
  MAIL_UNSENT,
  number,
  references,
  type StageProof,
  since2026,
  withNewerValues,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { duoFactorState } from '../duo/duo-factor-state.js';
import { sentEmail } from '../email/sent-email.js';
import { sentCode } from '../sms/sms-code.js';
import { deviceTypes } from '../webauthn/device-type.js';
import { nonce } from '../webauthn/nonce.js';
import { HINTS, USER_VERIFICATIONS } from '../webauthn/relying-party.js';
import { authenticatorValidateChallenge, authenticatorValidateResponse } from './authenticator-validate.wire.js';

const SETUP_STAGE_REQUIRED = 'When "Not configured action" is set to "Configure", you must set a configuration stage.';

/** Name of the cookie that remembers a proof. The value of the cookie is sealed (docs/spec/mfa.md#remembered-proof). */
export const PROOF_COOKIE = 'authentik_mfa';

/**
 * Returns the rule that counts the consecutive wrong proofs of one class of devices (docs/spec/attempts.md#rules). If
 * each device had its own count, each added device would give an attacker new attempts.
 */
const attemptRule = (when: string, values: readonly string[], { code }: { code: string }): AttemptRule => ({
  when,
  credential: '{device_class}',
  pick: { field: 'selected_challenge', among: 'device_challenges', where: { member: 'device_class', values } },
  free: 1,
  hard: 50,
  refuse: { field: when, code },
});

/** What happens to a user without a device, for each value of `not_configured_action`. */
const WITHOUT_DEVICE: Readonly<Record<string, StageProof['if_missing']>> = {
  deny: 'refused',
  configure: 'set_up',
  skip: 'let_in',
};

/** Returns the config field with the seconds that a device is blocked after its first wrong code. */
const throttlingFactor = (devices: string) =>
  since2026(number({ min: 0 }).default(1)).describe(
    `Seconds that ${devices} wait after a wrong code, doubled with each further one. 0: no wait.`,
  );

/**
 * Classes that count as a second factor in addition to the password. A mailed code does not count
 * (docs/spec/sessions.md#acr).
 */
const SECOND_FACTORS = DEVICE_CLASSES.filter((name) => name !== 'email');

const SENDING: readonly unknown[] = ['email', 'sms', 'duo'];

/**
 * Returns a config that offers only devices whose proof needs no other system. It offers no mail, no SMS and no Duo.
 */
const withLocalDevices = ({
  device_classes: classes = DEVICE_CLASSES,
  ...config
}: Readonly<Record<string, unknown>>) => ({
  ...config,
  device_classes: [classes].flat().filter((name) => !SENDING.includes(name)),
});

/** Contract of the stage that asks for a proof by one of the user's devices (docs/spec/mfa.md#validate). */
export const authenticatorValidateContract = defineStage({
  kind: 'authenticator_validate',
  component: 'ak-stage-authenticator-validate',
  model: 'authentik_stages_authenticator_validate.authenticatorvalidatestage',
  service: 'mfa',
  // A preview sends no mails, text messages or pushes, because it does not offer devices that need them.
  preview: { changes_user: true, config: withLocalDevices },
  acts: false,
  // The page may choose an email or SMS device or request a Duo push without the user, so `selected_challenge` and
  // `duo` are not in this list.
  personal_fields: ['selected_stage', 'code', 'webauthn'],
  proves: ({ not_configured_action: action }) => ({
    factor: 'further',
    if_missing: WITHOUT_DEVICE[String(action)] ?? 'let_in',
  }),
  user_info: true,
  addressable: ['code'],
  config: z.object({
    not_configured_action: choice(['skip', 'deny', 'configure'])
      .default('skip')
      .describe('What happens to users without a device.'),
    configuration_stages: references('stage').describe('Set-up stages that users without a device can choose from.'),
    device_classes: z
      .array(withNewerValues(choice(DEVICE_CLASSES), ['email']))
      .default(['static', 'totp', 'webauthn', 'duo', 'sms', 'email'])
      .describe('Kinds of devices that are accepted.'),
    last_auth_threshold: duration('seconds=0').describe(
      'Time for which an earlier proof by a device in the same browser counts.',
    ),
    webauthn_user_verification: choice(USER_VERIFICATIONS)
      .default('preferred')
      .describe('Whether a passkey must verify the user.'),
    webauthn_hints: z.array(choice(HINTS)).default([]).describe('Kinds of passkeys that browsers offer first.'),
    webauthn_allowed_device_types: deviceTypes().describe('Models of authenticators that are accepted. Empty: all.'),
    email_otp_throttling_factor: throttlingFactor('email addresses'),
    sms_otp_throttling_factor: throttlingFactor('phones'),
    totp_otp_throttling_factor: throttlingFactor('authenticator apps'),
    static_otp_throttling_factor: throttlingFactor('recovery codes'),
  }),
  validate: ({ not_configured_action, configuration_stages }): Errors => {
    const isMissing = !Array.isArray(configuration_stages) || configuration_stages.length === 0;
    if (not_configured_action !== 'configure' || !isMissing) return {};
    return { not_configured_action: [{ text: SETUP_STAGE_REQUIRED }] };
  },
  challenge: authenticatorValidateChallenge,
  response: authenticatorValidateResponse,
  state: z.object({
    /** The entries of the challenge that was shown last. The stage verifies a response against these entries only. */
    offers: z.array(z.object({ device_class: z.enum(DEVICE_CLASSES), device_uid: z.string() })),
    /** The state that each factor keeps between two requests. */
    memory: z.object({
      email: sentEmail.optional(),
      sms: sentCode.optional(),
      webauthn: nonce.optional(),
      duo: duoFactorState.optional(),
    }),
  }),
  reads: {
    pending_user: 'optional',
    auth_method: 'optional',
    auth_method_args: 'optional',
    verified_user: 'optional',
    application: 'optional',
  },
  writes: ['pending_user', 'auth_method', 'auth_method_args', 'verified_user'],
  proof_step: {
    ...{ order: 1, factor: 'device', config: { not_configured_action: 'skip' } },
    second_factor: { not_configured_action: 'skip', device_classes: SECOND_FACTORS },
    phishing_resistant: { not_configured_action: 'skip', device_classes: ['webauthn'] },
  },
  identifies: 'by_proof',
  // The stage may report a remembered proof as `verified`, although its attempts are not counted.
  verifies: ['remembered_device'],
  inserts: [
    'authenticator_duo',
    'authenticator_email',
    'authenticator_sms',
    'authenticator_static',
    'authenticator_totp',
    'authenticator_webauthn',
  ],
  companions: ['authenticator_duo', 'authenticator_email', 'authenticator_sms'],
  cookies: [PROOF_COOKIE],
  /** Milliseconds that the stage may take for a response. This is long enough to wait until the user answers a push. */
  deadline_ms: 15_000,
  effects: ['event', 'reputation', 'cookie', 'mail'],
  attempts: [
    attemptRule('code', ['totp', 'static', 'sms', 'email'], { code: 'authenticator_validate_code' }),
    // Signatures cannot be guessed, and most failures are mistakes of the user, so five attempts are free. The rule
    // reads no entry of the challenge, because the challenge of a stage that embeds this one has no entries.
    {
      ...{ when: 'webauthn', credential: 'webauthn', free: 5, hard: 50 },
      refuse: { field: 'webauthn', code: 'authenticator_validate_assertion' },
    },
    attemptRule('duo', ['duo'], { code: 'authenticator_validate_duo' }),
  ],
  errors: {
    authenticator_validate_choice: { string: 'invalid challenge selected', code: 'invalid' },
    authenticator_validate_stage: { string: 'Selected stage is invalid', code: 'invalid' },
    authenticator_validate_class: { string: 'No compatible device class allowed', code: 'invalid' },
    authenticator_validate_code: {
      string: 'Invalid Token. Please ensure the time on your device is accurate and try again.',
      code: 'invalid',
    },
    authenticator_validate_device: { string: 'Invalid device', code: 'invalid' },
    authenticator_validate_unknown: { string: 'Invalid device', code: 'invalid' },
    authenticator_validate_model: {
      string: 'Invalid device type. Contact your {brand} administrator for help.',
      code: 'invalid',
    },
    authenticator_validate_assertion: { string: 'Assertion failed', code: 'invalid' },
    authenticator_validate_duo: { string: 'Duo denied access', code: 'denied' },
    authenticator_validate_duo_away: {
      string: 'Duo cannot be reached. Please try again later.',
      code: 'unavailable',
    },
    authenticator_validate_duo_number: { string: 'Enter {number} in the Duo app on your phone.', code: 'number' },
    authenticator_validate_email_unsent: MAIL_UNSENT,
    authenticator_validate_sms_early: {
      string: 'Please wait a moment before you ask for another code.',
      code: 'invalid',
    },
    authenticator_validate_sms_unsent: {
      string: 'The message could not be sent. Please try again later.',
      code: 'invalid',
    },
    authenticator_validate_empty: { string: 'Empty response', code: 'invalid' },
    authenticator_validate_none: { string: 'No (allowed) MFA authenticator configured.', code: 'invalid' },
  },
});
