import {
  blueprint,
  EMAIL,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
} from '../support/blueprints.js';
import { boundEntry, expressionEntry, NO_PASSWORD_YET, policyEntry } from '../support/policy-entries.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const VALIDATE = { stage: 'authenticator_validate.authenticatorvalidatestage' };
const RE_EVALUATED = { binding: { evaluate_on_plan: false, re_evaluate_policies: true } };
const SET_UP = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const JOINING = { designation: 'enrollment', authentication: 'require_unauthenticated' };

const login = 'default-authentication-flow';
const recovery = 'default-recovery-flow';
const settings = 'default-user-settings-flow';
const invited = 'invitation-enrollment-flow-internal-engineering';

/** Forbids changes of the email address and the username, unless the user's group or the tenant allows them. */
const ONLY_NAME = `from authentik.core.models import USER_ATTRIBUTE_CHANGE_EMAIL, USER_ATTRIBUTE_CHANGE_USERNAME
tenant, rights = request.http_request.tenant, request.user.group_attributes(request.http_request)
given = request.context["prompt_data"]
for key, attribute in (("email", USER_ATTRIBUTE_CHANGE_EMAIL), ("username", USER_ATTRIBUTE_CHANGE_USERNAME)):
    if not rights.get(attribute, getattr(tenant, f"default_user_change_{key}")) and given[key] != getattr(request.user, key):
        ak_message(f"Not allowed to change {key}{' address' if key == 'email' else ''}.")
        return False
return True
`;
const settingsField = (key: string, type: string, value: string) =>
  fieldEntry(settings, [key, type], { initial_value: `return ${value}`, initial_value_expression: true });
const passwordFields = (form: string) => [
  fieldEntry(form, ['password', 'password']),
  fieldEntry(form, ['password_repeat', 'password']),
];

/**
 * Flows with the slugs and the constructs of the blueprints that authentik 2026.8 ships, as far as no other journey
 * runs these constructs.
 */
export const NEWER_FLOWS = blueprint(
  expressionEntry('no password yet', NO_PASSWORD_YET),
  expressionEntry('no passkey yet', 'return context["flow_plan"].context.get("auth_method") != "auth_webauthn_pwl"'),
  policyEntry('reputation.reputationpolicy', 'suspicious', { check_ip: true, check_username: true, threshold: -5 }),
  flowEntries(login, [
    IDENTIFICATION,
    { ...PASSWORD, ...RE_EVALUATED },
    { ...VALIDATE, ...RE_EVALUATED },
    { stage: 'captcha.captchastage', attrs: { public_key: 'site', private_key: 'secret' }, ...RE_EVALUATED },
    LOGIN,
  ]),
  boundEntry(`${login}-1 bound`, 'no password yet', { failure_result: true }),
  boundEntry(`${login}-2 bound`, 'no passkey yet', { failure_result: true }),
  boundEntry(`${login}-3 bound`, 'suspicious'),
  ...['totp', 'webauthn'].map((kind) =>
    flowEntries(
      `default-authenticator-${kind}-setup`,
      [
        {
          stage: `authenticator_${kind}.authenticator${kind}stage`,
          attrs: { friendly_name: kind, ...(kind === 'totp' ? { digits: 6 } : {}) },
        },
      ],
      SET_UP,
    ),
  ),

  ...[settingsField('username', 'username', 'user.username'), settingsField('name', 'text', 'user.name')],
  settingsField('email', 'email', 'user.email'),
  settingsField('attributes.settings.locale', 'ak-locale', 'user.attributes.get("settings", {}).get("locale", "")'),
  expressionEntry('only the name', ONLY_NAME),
  flowEntries(
    settings,
    [
      asking(settings, ['username', 'name', 'email', 'attributes.settings.locale'], ['policy only the name']),
      writing('never_create'),
    ],
    SET_UP,
  ),

  flowEntries(
    'default-provider-authorization-explicit-consent',
    [{ stage: 'consent.consentstage', attrs: { mode: 'expiring' } }],
    { ...AUTHORIZING, title: 'Redirecting to %(app)s' },
  ),
  flowEntries('default-provider-authorization-implicit-consent', [], AUTHORIZING),
  flowEntries('default-provider-invalidation-flow', [], { designation: 'invalidation', title: 'You left %(app)s.' }),
  flowEntries('default-invalidation-flow', [{ stage: 'user_logout.userlogoutstage' }], { designation: 'invalidation' }),

  expressionEntry('from a source', 'return ak_is_sso_flow'),
  expressionEntry('nameless', 'return "username" not in context.get("prompt_data", {})'),
  fieldEntry('source', ['username', 'username']),
  flowEntries('default-source-authentication', [LOGIN], { authentication: 'require_unauthenticated' }),
  flowEntries(
    'default-source-enrollment',
    [{ ...asking('source', ['username']), ...RE_EVALUATED }, writing('always_create'), LOGIN],
    { designation: 'enrollment' },
  ),
  ...['authentication', 'enrollment'].map((kind) => boundEntry(`default-source-${kind}`, 'from a source')),
  boundEntry('default-source-enrollment-0 bound', 'nameless'),

  expressionEntry('not restored', 'return bool(request.context.get("is_restored", True))'),
  passwordFields(recovery),
  flowEntries(
    recovery,
    [
      { ...IDENTIFICATION, ...RE_EVALUATED },
      { ...EMAIL, attrs: { ...EMAIL.attrs, recovery_max_attempts: 5, recovery_cache_timeout: 'minutes=5' } },
      { ...VALIDATE, ...RE_EVALUATED },
      ...[asking(recovery, ['password', 'password_repeat']), writing('never_create'), LOGIN],
    ],
    { designation: 'recovery', authentication: 'require_unauthenticated' },
  ),
  boundEntry(`${recovery}-0 bound`, 'not restored'),

  groupEntry('engineering-team'),
  passwordFields(invited),
  ...[fieldEntry(invited, ['username', 'username']), fieldEntry(invited, ['name', 'text'])],
  fieldEntry(invited, ['email', 'email']),
  flowEntries(
    invited,
    [
      { stage: 'invitation.invitationstage', binding: { evaluate_on_plan: true, re_evaluate_policies: true } },
      asking(invited, ['username', 'password', 'password_repeat']),
      asking(invited, ['name', 'email']),
      {
        stage: 'user_write.userwritestage',
        attrs: {
          ...{
            user_creation_mode: 'always_create',
            user_type: 'internal',
            create_users_group: keyOf('group engineering-team'),
          },
          user_path_template: 'users/internal/engineering',
        },
      },
      LOGIN,
    ],
    JOINING,
  ),
  {
    model: 'authentik_stages_invitation.invitation',
    identifiers: { name: 'example-engineering-team-invitation' },
    attrs: { flow: keyOf(invited), single_use: false, fixed_data: { attributes: { department: 'Engineering' } } },
  },
);
