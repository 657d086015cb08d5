import { type ContextKey, planContext, type StageContract, secretFields } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import { z } from 'zod';
import { code, type Document, page, table } from './markdown.js';

/** The meaning of each shared fact. */
const MEANINGS: Readonly<Record<ContextKey, string>> = {
  pending_user: 'the user of the flow, by `kind`: `saved`, `pretended` (stands in for an unknown user) or `unsaved`',
  pending_user_identifier: 'the name or address that the visitor typed, for display',
  user_backend: 'the backend that verified the password',
  auth_method: 'how the user was verified: `password`, `auth_mfa`, `token` and others',
  auth_method_args: 'details of that, such as the devices: `{"mfa_devices": […]}`',
  enrolled_devices: 'numbers of the authenticators that were set up in this plan',
  verified_user: 'uuid of the user whom this plan has verified',
  proof_asked: 'uuid of the user who was asked for an authenticator before a recovery',
  prompt_data: 'values of forms, by flat field key',
  prompt_locked: 'keys of `prompt_data` whose values an invitation has fixed',
  prompt_secrets: 'keys of `prompt_data` that are passwords',
  groups: 'groups that the user to be written gets, by id or name',
  user_path: 'path of the user to be written',
  user_type: 'type of the user to be written',
  email: "address for mails of this plan, instead of the user's",
  application: 'the application that the visitor goes to',
  outpost:
    'the [outpost](../spec/http.md#client-address) from which the requests come, by its service account; since 2026.8',
  source: 'the source at which the visitor has logged in',
  source_email: 'the address that the source says it has verified',
  is_sso: 'whether the visitor has come from a source',
  source_groups: 'groups of the visitor at the source',
  'goauthentik.io/sources/connection': 'account at the source, which is connected with the user at the end of the plan',
  oauth_userinfo: 'profile of the visitor at the source',
  consent_header: 'heading of the consent',
  consent_permissions: 'permissions that the consent lists',
  consent_additional_permissions: 'permissions that are new since the last consent',
  'goauthentik.io/stages/captcha/site_key': 'site key of the captcha provider, in place of that of the stage',
  'goauthentik.io/stages/captcha/private_key': 'secret key of the captcha provider, in place of that of the stage',
  captcha: 'the result of the captcha, with the id of its stage',
  invitation: 'the invitation that the visitor follows',
  invitation_in_effect: 'whether an invitation is in effect',
  invitation_due: 'uuid of the single-use invitation that is used up when the user is saved',
  is_restored:
    'the mailed link, or the return from a source, that brought the visitor here: its step and user, and the address to which a superuser has mailed it',
  'goauthentik.io/providers/oauth2/post_logout_redirect_uri':
    'address to which an application wants to get the visitor back after the logout',
  'goauthentik.io/providers/oauth2/iframe_sessions':
    'addresses that the [iframe logout](../spec/stages.md#iframe-logout) opens, which takes them out',
  is_redirected: 'the flow whose redirect stage has brought the visitor here',
  redirect_stage_target: 'target of the redirect stage, in place of the configured one',
  'goauthentik.io/core/setup/started-by': '`setup` if the [set-up page](../spec/executor.md#setup) has begun the flow',
  deny_message: 'message of the deny stage',
  user_switch_from_user:
    'the logged-in user, in the flow that leads to another user of the browser. The gateway does not read it',
  lockdown_reason: 'why an account is locked down, if no prompt asks for it',
  redirect: 'destination at the end of the flow, instead of `next`',
  title: 'title of an autosubmit challenge',
  url: 'URL that autosubmit posts to',
  attrs: 'fields that autosubmit posts',
};

const contracts: readonly StageContract[] = Object.values(stages).map(({ contract }) => contract);
const kindsOf = (test: (contract: StageContract) => boolean) =>
  contracts.filter(test).flatMap(({ kind }) => code(kind));

const secrets = secretFields(planContext);

/** Returns the JSON Schema of a fact on one line. The schema of a saved user and its variants is too long for a table. */
function shapeOf(name: ContextKey): string {
  if (name === 'pending_user' || name === 'user_switch_from_user')
    return '[`user`](protocol/stage-request.schema.json)';
  const { $schema: _dialect, ...schema } = z.toJSONSchema(planContext.shape[name], { unrepresentable: 'any' });
  return code(typeText(schema));
}

/** Returns a JSON Schema in short: `string`, `[integer]`, `{"slug": string, "pk"?: integer}`. */
function typeText({
  type,
  format,
  items,
  properties,
  required = [],
  anyOf,
  additionalProperties,
}: z.core.JSONSchema.BaseSchema): string {
  const inner = (schema: z.core.JSONSchema._JSONSchema | undefined) =>
    typeof schema === 'object' ? typeText(schema) : 'any';
  if (anyOf) return anyOf.map(inner).join(' | ');
  if (type === 'array') return `[${inner(items as z.core.JSONSchema._JSONSchema)}]`;
  if (properties) {
    const members = Object.entries(properties).map(
      ([name, schema]) => `"${name}"${required.includes(name) ? '' : '?'}: ${inner(schema)}`,
    );
    return `{${members.join(', ')}}`;
  }
  if (type === 'object') return `{"…": ${inner(additionalProperties)}}`;
  return format ?? (type === undefined ? 'any' : [type].flat().join(' | '));
}

/** The page of all facts that stages share. */
export const documents: readonly Document[] = [
  page('docs/reference/facts.md', [
    '# Facts',
    'The facts of a plan that stages share, see [context](../spec/plan.md#context). A stage gets the facts that its ' +
      'contract reads, and may write those that it lists; policies read all of them (`request.context`, `context`), and ' +
      'set those that are not proofs. A vendor adds facts of its own as `x_<vendor>_<name>` ' +
      '([own facts](../spec/plan.md#own-facts)).',
    'External stages cannot read secret facts. Without the trust of the operator they may write only four of the facts ' +
      '([external stages](../spec/bus-protocol.md#external-stages)).',
    table(
      ['fact', 'shape', 'content', 'read by', 'written by'],
      (Object.keys(planContext.shape) as ContextKey[]).map((name) => [
        `${code(name)}${secrets.includes(name) ? ' (secret)' : ''}`,
        shapeOf(name),
        MEANINGS[name],
        kindsOf(({ reads }) => name in reads).join(', '),
        kindsOf(({ writes }) => writes.includes(name)).join(', '),
      ]),
    ),
  ]),
];
