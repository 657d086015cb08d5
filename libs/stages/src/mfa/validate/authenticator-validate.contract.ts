import {
  type AttemptRule,
  choice,
  DEVICE_CLASSES,
  defineStage,
  duration,
  type Errors,
  references,
  type StageProof,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { duoFactorState } from '../duo/duo-memory.js';
import { sentCode } from '../sms/sms-code.js';
import { deviceTypes } from '../webauthn/device-type.js';
import { nonce } from '../webauthn/nonce.js';
import { HINTS, USER_VERIFICATIONS } from '../webauthn/relying-party.js';
import { authenticatorValidateChallenge, authenticatorValidateResponse } from './authenticator-validate.wire.js';

const NOTHING_TO_CONFIGURE = 'When "Not configured action" is set to "Configure", you must set a configuration stage.';

/** Lets somebody remember a proof; its value is sealed (docs/spec/mfa.md#remembered-proof). */
export const PROOF_COOKIE = 'authentik_mfa';

/**
 * Wrong proofs of one class in a row, by whichever device: the last free one costs a second, each further one twice as much
 * as the one before, up to an hour. Devices come and go, and take no guesses with them.
 */
const attemptRules = (
  when: string,
  values: readonly string[],
  { code, free = 1 }: { code: string; free?: number },
): AttemptRule => ({
  when,
  credential: '{device_class}',
  pick: { field: 'selected_challenge', among: 'device_challenges', where: { member: 'device_class', values } },
  free,
  hard: 50,
  refuse: { field: when, code },
});

/** What becomes of those who have no device. */
const OTHERWISE: Readonly<Record<string, StageProof['if_missing']>> = {
  deny: 'refused',
  configure: 'set_up',
  skip: 'let_in',
};

/** Asks for a proof by one of the owner's devices (docs/spec/mfa.md#validate). */
export const authenticatorValidateContract = defineStage({
  kind: 'authenticator_validate',
  component: 'ak-stage-authenticator-validate',
  model: 'authentik_stages_authenticator_validate.authenticatorvalidatestage',
  service: 'mfa',
  acts: false,
  // The page may choose an SMS device and ask Duo for a push by itself.
  personal_fields: ['selected_stage', 'code', 'webauthn'],
  proves: ({ not_configured_action: action }) => ({
    factor: 'further',
    if_missing: OTHERWISE[String(action)] ?? 'let_in',
  }),
  user_info: true,
  addressable: ['code'],
  // A provider of messages takes its time.
  config: z.object({
    not_configured_action: choice(['skip', 'deny', 'configure']).default('skip'),
    configuration_stages: references('stage'),
    device_classes: z.array(choice(DEVICE_CLASSES)).default(['static', 'totp', 'webauthn', 'duo', 'sms']),
    last_auth_threshold: duration('seconds=0'),
    webauthn_user_verification: choice(USER_VERIFICATIONS).default('preferred'),
    webauthn_hints: z.array(choice(HINTS)).default([]),
    webauthn_allowed_device_types: deviceTypes(),
  }),
  validate: ({ not_configured_action, configuration_stages }): Errors => {
    const isMissing = !Array.isArray(configuration_stages) || configuration_stages.length === 0;
    if (not_configured_action !== 'configure' || !isMissing) return {};
    return { not_configured_action: [{ text: NOTHING_TO_CONFIGURE }] };
  },
  challenge: authenticatorValidateChallenge,
  response: authenticatorValidateResponse,
  state: z.object({
    /** What the shown challenge offers: an answer is for nothing else. */
    offers: z.array(z.object({ device_class: z.enum(DEVICE_CLASSES), device_uid: z.string() })),
    /** What each kind remembers of what it asked. */
    memory: z.object({ sms: sentCode.optional(), webauthn: nonce.optional(), duo: duoFactorState.optional() }),
  }),
  reads: {
    pending_user: 'optional',
    auth_method: 'optional',
    auth_method_args: 'optional',
    application: 'optional',
  },
  writes: ['pending_user', 'auth_method', 'auth_method_args', 'verified_user'],
  proof_step: { order: 1, config: { not_configured_action: 'skip' } },
  identifies: 'by_proof',
  // A proof that a cookie remembers is no guess.
  verifies: ['remembered_device'],
  inserts: [
    'authenticator_duo',
    'authenticator_sms',
    'authenticator_static',
    'authenticator_totp',
    'authenticator_webauthn',
  ],
  companions: ['authenticator_duo', 'authenticator_sms'],
  cookies: [PROOF_COOKIE],
  /** A message to a phone is waited for. */
  deadline_ms: 15_000,
  effects: ['event', 'reputation', 'cookie'],
  attempts: [
    attemptRules('code', ['totp', 'static', 'sms'], { code: 'authenticator_validate_code' }),
    // Nobody guesses a signature: what goes wrong is a finger.
    attemptRules('webauthn', ['webauthn'], { code: 'authenticator_validate_assertion', free: 5 }),
    attemptRules('duo', ['duo'], { code: 'authenticator_validate_duo' }),
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
