import {
  boolean,
  changedIn2026,
  char,
  choice,
  defineStage,
  designation,
  embeddedCaptchaPuzzle,
  jsonObject,
  loginSource,
  NON_FIELD_ERRORS,
  optionalNullable,
  redirectTarget,
  reference,
  references,
  secret,
  since2026,
} from '@gatehouse/contracts';
import { z } from 'zod';

export const USER_FIELDS = ['email', 'username', 'upn'] as const;

/**
 * Models of the stages that this stage may embed. A stage of another model would not check the password, the captcha
 * token or the passkey.
 */
const CAPTCHA = 'authentik_stages_captcha.captchastage';
const PASSWORD = 'authentik_stages_password.passwordstage';
const VALIDATE = 'authentik_stages_authenticator_validate.authenticatorvalidatestage';

/** Largest length of an identifier, in characters. */
export const MAX_IDENTIFIER = 1024;

const NO_LOOKUP_FIELDS = 'When no user fields are selected, at least one source must be selected';
const isNonEmptyList = (list: unknown) => Array.isArray(list) && list.length > 0;

/**
 * Returns a config without sources and links, which would lead out of a preview, and without passkeys, which could
 * identify another user than the test user.
 */
const withinPreview = (config: Readonly<Record<string, unknown>>) => ({
  ...config,
  ...{ sources: [], webauthn_stage: null },
  ...{ enrollment_flow: null, recovery_flow: null, passwordless_flow: null },
});

/** Returns the options of the only entry in the challenge of the embedded validation stage. */
const passkeyOptions = ({ device_challenges: [entry] = [] }: { device_challenges?: { challenge: unknown }[] }) =>
  entry?.challenge ?? null;

/** Contract of the identification stage, which finds the user by an identifier (docs/spec/stages.md#identification). */
export const identificationContract = defineStage({
  kind: 'identification',
  component: 'ak-stage-identification',
  model: 'authentik_stages_identification.identificationstage',
  service: 'identification',
  preview: { config: withinPreview },
  acts: false,
  config: z.object({
    user_fields: z.array(choice(USER_FIELDS)).nullable().default([]).describe('Fields by which a user is found.'),
    captcha_stage: since2026(reference('stage', CAPTCHA)).describe('Captcha stage on the same page.'),
    password_stage: reference('stage', PASSWORD).describe('Password stage on the same page.'),
    webauthn_stage: since2026(reference('stage', VALIDATE)).describe(
      'Validation stage whose rules hold for a login by passkey on the same page. Absent: no passkeys.',
    ),
    case_insensitive_matching: boolean().default(true).describe('Whether upper and lower case are the same.'),
    show_matched_user: boolean().default(true).describe('Whether the name and picture of the found user are shown.'),
    pretend_user_exists: boolean().default(true).describe('Whether an unknown name is treated like a known one.'),
    enrollment_flow: reference('flow').describe('Flow that the page links for new users.'),
    recovery_flow: reference('flow').describe('Flow that the page links for forgotten passwords.'),
    passwordless_flow: reference('flow').describe('Flow that the page links for logins without a password.'),
    sources: references('source').describe('Sources whose buttons are shown.'),
    show_source_labels: boolean().default(false).describe('Whether the buttons of sources have names.'),
    enable_remember_me: boolean()
      .nullable()
      .default(null)
      .describe('Whether the browser may fill in the name next time. Absent: no; with `API_VERSION` 2024.8: yes.')
      .meta({ since: '1.0.0' }),
  }),
  validate: ({ user_fields, sources }) =>
    isNonEmptyList(user_fields) || isNonEmptyList(sources) ? {} : { [NON_FIELD_ERRORS]: [{ text: NO_LOOKUP_FIELDS }] },
  challenge: z
    .object({
      user_fields: z.array(z.string()).nullable(),
      password_fields: z.boolean(),
      allow_show_password: z.boolean().default(false),
      captcha_stage: since2026(embeddedCaptchaPuzzle.nullable().optional()),
      /** Options of `navigator.credentials.get` for any passkey of the site, without allowed credentials. */
      passkey_challenge: since2026(z.record(z.string(), z.unknown()).nullable().optional()),
      application_pre: z.string().optional(),
      /** URL at which the application starts. */
      application_pre_launch: since2026(z.string().optional()),
      /** Name that the page fills in. It comes from an application or an expression, so it proves nothing. */
      pending_user_identifier: since2026(z.string().nullable().optional()),
      flow_designation: designation,
      enroll_url: redirectTarget().optional(),
      recovery_url: redirectTarget().optional(),
      passwordless_url: redirectTarget().optional(),
      primary_action: z.string(),
      sources: z.array(loginSource).optional(),
      show_source_labels: z.boolean(),
      enable_remember_me: since2026(z.boolean().default(true)),
    })
    .meta({
      id: 'IdentificationChallenge',
      description: 'Asks for the username or email address, and lists the sources for other logins.',
    }),
  response: z
    .object({
      uid_field: changedIn2026(
        optionalNullable(char({ maxLength: MAX_IDENTIFIER, allowBlank: true }), { optional: true, nullable: true }),
        char({ maxLength: MAX_IDENTIFIER }),
      ),
      // The embedded stage checks the password and the captcha token. This stage validates only their types.
      password: secret(optionalNullable(char({ allowBlank: true, trim: false }), { optional: true, nullable: true })),
      captcha_token: since2026(
        secret(optionalNullable(char({ allowBlank: true, trim: false }), { optional: true, nullable: true })),
      ),
      /** Result of `navigator.credentials.get`. The embedded validation stage verifies it. */
      passkey: since2026(secret(optionalNullable(jsonObject(), { optional: true, nullable: true }))),
    })
    .meta({
      id: 'IdentificationChallengeResponseRequest',
      description:
        'The username or email address, with the password or captcha token if the challenge asks for them, or a passkey.',
    }),
  state: z.object({
    /**
     * A name that was refused when the stage tried it without an answer of the visitor. The stage does not try it
     * again.
     */
    refused_hint: z.string().optional(),
  }),
  reads: {
    ...{ pending_user: 'optional', application: 'optional' },
    ...{ pending_user_identifier: 'optional', verified_user: 'optional' },
  },
  writes: ['pending_user', 'pending_user_identifier'],
  identifies: 'by_name',
  errors: {
    identification_failed: { string: 'Failed to authenticate.', code: 'invalid' },
    identification_captcha: { string: 'Failed to authenticate.', code: 'invalid' },
    identification_empty: { string: 'No identification data provided.', code: 'invalid' },
    identification_passkey_device: { string: 'Invalid device', code: 'invalid' },
    identification_passkey_unknown: { string: 'Invalid device', code: 'invalid' },
    identification_passkey_model: {
      string: 'Invalid device type. Contact your {brand} administrator for help.',
      code: 'invalid',
    },
    identification_passkey: { string: 'Assertion failed', code: 'invalid' },
  },
  texts: { primary_action: ['Log in', 'Continue'] },
  effects: ['reputation', 'source_login'],
  embeds: {
    captcha_stage: { field: 'captcha_token', as: 'token', error: 'identification_captcha', asks: 'captcha_stage' },
    password_stage: { field: 'password', error: 'identification_failed' },
    webauthn_stage: {
      ...{ field: 'passkey', as: 'webauthn', error: 'identification_passkey', asks: 'passkey_challenge' },
      alternative: {
        shown: passkeyOptions,
        errors: {
          authenticator_validate_device: 'identification_passkey_device',
          authenticator_validate_unknown: 'identification_passkey_unknown',
          authenticator_validate_model: 'identification_passkey_model',
        },
      },
    },
  },
});
