import { describe, expect, it } from 'vitest';
import { checkBlueprints } from './lint/check-blueprints.js';
import { formatFindings } from './lint/finding.js';

const entries = (attrs: string) => `entries:
  - model: authentik_stages_captcha.captchastage
    id: puzzle
    identifiers: {name: puzzle}
    attrs: {public_key: a, private_key: b}
  - model: authentik_stages_identification.identificationstage
    identifiers: {name: who}
    attrs:
      user_fields: [email]
      ${attrs}`;

const check = async (attrs: string, options: { apiVersion?: '2024.8' | '2026.8'; lenient?: boolean } = {}) =>
  formatFindings(
    await checkBlueprints({
      files: [{ name: 'a.yaml', text: entries(attrs) }],
      library: async () => undefined,
      ...{ env: {}, syntax: { check: async () => undefined }, ...options },
    }),
  );

describe('a field that is new in 2026.8', () => {
  it('is refused under 2024.8, even in a lenient run, because the login would be weaker', async () => {
    const error =
      'a.yaml:10: error: newer-version: entry 2 (authentik_stages_identification.identificationstage): captcha_stage: the field captcha_stage is new in authentik 2026.8. Set API_VERSION=2026.8 to use it';
    expect(await check('captcha_stage: !KeyOf puzzle')).toBe(`${error}\n1 error, 0 warnings`);
    expect(await check('captcha_stage: !KeyOf puzzle', { lenient: true })).toContain(error);
  });

  it('is accepted under 2026.8', async () => {
    expect(await check('captcha_stage: !KeyOf puzzle', { apiVersion: '2026.8' })).toBe('0 errors, 0 warnings');
  });

  it('is refused under 2024.8 also as an identifier, because the object would get that value too', async () => {
    const text = entries('').replace(
      'identifiers: {name: who}',
      'identifiers: {name: who, captcha_stage: !KeyOf puzzle}',
    );
    const checked = await checkBlueprints({
      files: [{ name: 'a.yaml', text }],
      library: async () => undefined,
      ...{ env: {}, syntax: { check: async () => undefined } },
    });
    expect(formatFindings(checked)).toContain(
      'captcha_stage: the field captcha_stage is new in authentik 2026.8. Set API_VERSION=2026.8 to use it',
    );
  });

  it('is accepted under 2024.8 with its default value, which exports contain', async () => {
    expect(await check('captcha_stage: null')).toBe('0 errors, 0 warnings');
  });
});

const checkEntry = (model: string, attrs: string, apiVersion: '2024.8' | '2026.8') =>
  checkText(`entries:\n  - {model: ${model}, identifiers: {name: a}, attrs: ${attrs}}`, apiVersion);
const checkText = async (text: string, apiVersion: '2024.8' | '2026.8') =>
  formatFindings(
    await checkBlueprints({
      files: [{ name: 'a.yaml', text }],
      library: async () => undefined,
      ...{ env: {}, syntax: { check: async () => undefined }, apiVersion },
    }),
  );

describe('a model, a field or a value that is new in 2026.8', () => {
  const APP = 'authentik_stages_authenticator_';

  it.each([
    [`${APP}email.authenticatoremailstage`, '{}', `the model ${APP}email.authenticatoremailstage`],
    [`${APP}webauthn.authenticatorwebauthnstage`, '{max_attempts: 3}', 'the field max_attempts'],
    [
      'authentik_stages_account_lockdown.accountlockdownstage',
      '{}',
      'the model authentik_stages_account_lockdown.accountlockdownstage',
    ],
    [
      'authentik_stages_prompt.prompt',
      '{field_key: a, label: a, type: alert_info}',
      'the value "alert_info" of the field type',
    ],
    ['authentik_stages_email.emailstage', '{recovery_max_attempts: 3}', 'the field recovery_max_attempts'],
    ['authentik_stages_email.emailstage', '{recovery_cache_timeout: hours=1}', 'the field recovery_cache_timeout'],
    [
      'authentik_stages_email.emailstage',
      '{template: email/invitation.html}',
      'the value "email/invitation.html" of the field template',
    ],
    ['authentik_stages_user_login.userloginstage', '{remember_device: days=1}', 'the field remember_device'],
    [
      `${APP}validate.authenticatorvalidatestage`,
      '{device_classes: [email]}',
      'the value "email" of the field device_classes',
    ],
    [
      `${APP}validate.authenticatorvalidatestage`,
      '{totp_otp_throttling_factor: 2}',
      'the field totp_otp_throttling_factor',
    ],
  ])(
    'is refused under 2024.8 with an error that names it, and accepted under 2026.8: %s %s',
    async (model, attrs, part) => {
      expect(await checkEntry(model, attrs, '2024.8')).toContain(`${part} is new in authentik 2026.8.`);
      expect(await checkEntry(model, attrs, '2026.8')).toBe('0 errors, 0 warnings');
    },
  );

  it('is accepted with a warning if it has no effect, such as a Kerberos backend and the built-in one', async () => {
    const [model, kerberos] = [
      'authentik_stages_password.passwordstage',
      'authentik.sources.kerberos.auth.KerberosBackend',
    ];
    const attrs = `{backends: [authentik.core.auth.InbuiltBackend, ${kerberos}]}`;
    expect(await checkEntry(model, attrs, '2024.8')).toContain(
      `the value "${kerberos}" of the field backends is new in authentik 2026.8.`,
    );
    expect(await checkEntry(model, attrs, '2026.8')).toBe(
      `a.yaml:2: warning: ignored-value: entry 1 (${model}): backends: Gatehouse never asks ${kerberos}, so only the other backends accept passwords\n0 errors, 1 warning`,
    );
  });

  const PROVIDER = 'authorization_flow: !KeyOf flow, redirect_uris: [{matching_mode: strict, url: "https://a.example/"';
  const HASH = 'pbkdf2_sha256$1$c2FsdA$aGFzaA'; // not-a-secret
  it.each([
    ['authentik_providers_oauth2.oauth2provider', `{${PROVIDER}}], invalidation_flow: !KeyOf flow}`],
    ['authentik_providers_oauth2.oauth2provider', `{${PROVIDER}, redirect_uri_type: logout}]}`],
    ['authentik_providers_oauth2.oauth2provider', `{${PROVIDER}}], logout_uri: "", logout_method: backchannel}`],
    [
      'authentik_providers_oauth2.oauth2provider',
      `{${PROVIDER}}], logout_uri: "https://a.example/bye", logout_method: frontchannel}`,
    ],
    [`${APP}webauthn.authenticatorwebauthnstage`, '{hints: [security-key]}'],
    [`${APP}validate.authenticatorvalidatestage`, '{webauthn_hints: [security-key]}'],
    ['authentik_core.user', `{name: A, password_hash: ${HASH}}`],
  ])('is accepted under 2024.8 if docs/spec/api-versions.md lists it: %s %s', async (model, attrs) => {
    const flow =
      '{model: authentik_flows.flow, id: flow, identifiers: {slug: f}, attrs: {name: F, title: F, designation: authorization}}';
    const identifiers = model === 'authentik_core.user' ? '{username: a}' : '{name: a}';
    const text = `entries:\n  - ${flow}\n  - {model: ${model}, identifiers: ${identifiers}, attrs: ${attrs}}`;
    expect(await checkText(text, '2024.8')).toBe('0 errors, 0 warnings');
  });

  it('is ignored with a warning if a login does not need it, such as prevent_duplicate_devices', async () => {
    const [model, attrs] = [`${APP}webauthn.authenticatorwebauthnstage`, '{prevent_duplicate_devices: true}'];
    expect(await checkEntry(model, attrs, '2026.8')).toMatch(/^a\.yaml:\d+: warning: .*prevent_duplicate_devices/);
  });
});

it('a logout_uri for back-channel logouts is accepted with a warning under 2024.8 and 2026.8', async () => {
  const model = 'authentik_providers_oauth2.oauth2provider';
  const attrs = '{authorization_flow: null, logout_uri: "https://a.example/bye"}';
  for (const line of ['2024.8', '2026.8'] as const)
    expect(await checkEntry(model, attrs, line)).toMatch(
      /warning: ignored-value: .*: logout_uri: Gatehouse sends no back-channel logouts\. Set logout_method to frontchannel/,
    );
});
