import type { Challenge } from '../page.js';
import { stageFor, wrong } from './steps.js';

const device = (device_class: string, challenge: object = {}) => ({
  ...{ device_class, device_uid: '3', challenge, last_used: null },
});

const KEY_QUESTION = {
  challenge: 'ubKZw-xugyvlb707fNBTnuDfU--H8xqkvNe_hIFvAVkr2RV584g7Z2EC2ISPQvTKv694eW4O10WgYsrpsiO8cw',
  timeout: 60_000,
  rpId: 'localhost',
  allowCredentials: [],
  userVerification: 'preferred',
};

const validate = (devices: readonly object[], own: Readonly<Record<string, unknown>> = {}) =>
  stageFor('ak-stage-authenticator-validate', { device_challenges: devices, configuration_stages: [], ...own });

const REGISTRATION = {
  rp: { name: 'Example', id: 'localhost' },
  user: {
    id: 'NjE4OTkzNzY1OGQzMmQxYzNmOTQ3YjliMzczNGQxZmNhMjA4MDQzN2JlM2MyNjJlYzgyZjQ1NzQzNmUwYzdiZQ',
    name: 'alice',
    displayName: 'Alice',
  },
  challenge: KEY_QUESTION.challenge,
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  timeout: 60_000,
  excludeCredentials: [],
  authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'preferred' },
  attestation: 'direct',
};

const SET_UPS = [
  {
    pk: '09181146-c4ac-4db8-8259-5c39d493a891',
    name: 'Recovery codes',
    verbose_name: 'Static Authenticator',
    meta_model_name: 'authentik_stages_authenticator_static.authenticatorstaticstage',
  },
  {
    pk: 'ee4977d4-f469-4f22-b907-b9f099560155',
    name: 'Phone app',
    verbose_name: 'TOTP Authenticator',
    meta_model_name: 'authentik_stages_authenticator_totp.authenticatortotpstage',
  },
];

const TOTP = {
  config_url:
    'otpauth://totp/Example%3Aalice?secret=UYYJFVXFF4QY6DRLHA6PYFMIJODPCOPW&algorithm=SHA1&digits=6&period=30&issuer=Example', // not-a-secret
};

/** Example challenges of authenticator stages. */
export const DEVICES: Readonly<Record<string, Challenge>> = {
  'validate-choice': validate([
    device('webauthn', KEY_QUESTION),
    device('totp'),
    device('sms'),
    device('duo'),
    device('static'),
  ]),
  'validate-last-used': validate([
    { ...device('webauthn', KEY_QUESTION), names: ['iCloud Keychain'], last_used: '2026-03-14T09:26:53Z' },
    { ...device('totp'), names: ["Alice's phone", 'Work phone'], last_used: null },
    { ...device('sms'), names: [], last_used: '2026-11-26T09:26:53Z' },
    { ...device('static'), names: [], last_used: null },
  ]),
  'validate-totp': validate([device('totp')]),
  'validate-refused': validate(
    [device('totp')],
    wrong('code', 'Invalid Token. Please ensure the time on your device is accurate and try again.', {
      reason: 'authenticator_validate_code',
    }),
  ),
  'validate-static': validate([device('static')]),
  'validate-sms': validate([device('sms')]),
  'validate-email': validate([device('email', { email: 'a****@e******.org' })]),
  'validate-webauthn': validate(
    [device('webauthn', KEY_QUESTION)],
    wrong('webauthn', 'Assertion failed', { reason: 'authenticator_validate_assertion' }),
  ),
  'validate-duo': validate(
    [device('duo')],
    wrong('duo', 'Duo denied access', { code: 'denied', reason: 'authenticator_validate_duo' }),
  ),
  'validate-duo-number': validate([device('duo', { number: '042931' })]),
  'validate-set-up': validate([], { configuration_stages: SET_UPS }),
  totp: stageFor('ak-stage-authenticator-totp', TOTP),
  'totp-refused': stageFor('ak-stage-authenticator-totp', {
    ...TOTP,
    ...wrong('code', 'Code does not match', { reason: 'authenticator_totp_code' }),
  }),
  static: stageFor('ak-stage-authenticator-static', {
    codes: ['CchTy9lm16Ar', 'fIblAWuhVUbp', 'liLig3SJHDfs', 'sRfQI6FJg2cX', 'eOYIH6hsdHGJ', 'int1RvqkR8Yz'],
  }),
  'sms-number': stageFor('ak-stage-authenticator-sms', {
    phone_number_required: true,
    ...wrong('phone_number', 'Invalid phone number', { reason: 'authenticator_sms_number' }),
  }),
  'email-address': stageFor('ak-stage-authenticator-email', {
    ...{ email: null, email_required: true },
    ...wrong('non_field_errors', 'Invalid email', { reason: 'authenticator_email_address' }),
  }),
  'email-authenticator-code': stageFor('ak-stage-authenticator-email', {
    email: 'a****@e******.org',
    email_required: false,
  }),
  'sms-code': stageFor('ak-stage-authenticator-sms', { phone_number_required: false }),
  duo: stageFor('ak-stage-authenticator-duo', {
    activation_barcode:
      "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E%3Cpath d='M1 1h3v3H1zm4 4h3v3H5z'/%3E%3C/svg%3E",
    activation_code: 'https://m-example.duosecurity.com/android/abc',
    stage_uuid: '09181146-c4ac-4db8-8259-5c39d493a891',
  }),
  webauthn: stageFor('ak-stage-authenticator-webauthn', {
    registration: REGISTRATION,
    ...wrong('response', 'Registration failed. Error: Unexpected RP ID hash', {
      reason: 'authenticator_webauthn_failed',
    }),
  }),
};
