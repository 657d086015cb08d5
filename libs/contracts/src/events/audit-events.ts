import { z } from 'zod';
import { ACR_VALUES } from '../authentication-requirement.js';
import { DEVICE_CLASSES } from '../device-class.js';
import { outpostAccount } from '../plan-context.js';
import { REDACTED } from '../secret.js';
import {
  type AuditEventDefinition,
  BY_ADMINISTRATOR,
  BY_PLAN,
  BY_VISITOR,
  defineEvent,
  OR_COMMAND,
  PENDING,
} from './audit-event.js';
import { appliedBlueprints, changedObject, counts, model } from './event-contexts.js';
import { externalEvents } from './external-events.js';
import { flowEvents } from './flow-events.js';
import { invitationEvents } from './invitation-events.js';
import { policyEvents } from './policy-event-definitions.js';
import { rolloutEvents } from './rollout-events.js';

const NAME = { app: 'authentik_stages_password', model_name: 'passwordstage', name: 'password' };
const DEVICE = { app: 'authentik_stages_authenticator_totp', model_name: 'totpdevice', pk: 7, name: 'TOTP Device' };

/** The members of a `login_failed` event about a wrong authenticator. */
const failedDevice = z.object({
  device_class: z.enum(DEVICE_CLASSES).optional().describe('class of the wrong authenticator'),
  device: model.optional().describe('the wrong authenticator, if the answer names it'),
  duo_response: z.object({ result: z.string() }).optional(),
});

const BY_COMMAND = 'the command of an administrator';
const OWNER = 'the owner of the object';

/** All actions of audit events, except `custom_<action>` of expressions and the actions of external stages. */
export const auditEvents = {
  login: defineEvent({
    when: 'A user is logged in.',
    ...{ level: 'info', outcome: 'success', actor: 'the user', subject: 'the user' },
    context: z.object({
      auth_method: z.string().optional(),
      auth_method_args: z
        .record(z.string(), z.unknown())
        .optional()
        .describe('facts about the proofs, such as devices'),
      source: z
        .object({ uuid: z.uuid(), pk: z.int().optional(), slug: z.string(), name: z.string() })
        .optional()
        .describe('source of the login, such as a social login'),
      outpost: z
        .object({ instance: outpostAccount })
        .optional()
        .describe('service account of the outpost through which the user has logged in; since 2026.8'),
      ended_other_sessions: z
        .boolean()
        .optional()
        .describe('present if the login stage ends the other sessions of the user'),
      acr: z.enum(ACR_VALUES).optional().describe('authentication context of the login; absent before 0.4'),
      amr: z.array(z.string()).readonly().optional().describe('how the user has authenticated (RFC 8176)'),
    }),
    example: { auth_method: 'password', auth_method_args: { mfa_devices: [DEVICE] }, acr: 'aal1', amr: ['pwd'] },
  }),
  logout: defineEvent({
    when: 'A logged-in session ends by the logout stage, or because its binding to a network or place is broken.',
    ...{ level: 'info', outcome: 'success', actor: 'the user', subject: 'the user' },
    context: z.object({
      logout_reason: z.literal('Session binding broken').optional(),
      binding: z
        .object({
          reason: z.string(),
          previous_value: z.union([z.string(), z.number()]).nullable(),
          new_value: z.union([z.string(), z.number()]).nullable(),
        })
        .optional()
        .describe('the broken binding'),
      ip: z.object({ previous: z.string().nullable(), new: z.string() }).optional(),
    }),
    example: {
      logout_reason: 'Session binding broken',
      binding: { reason: 'geoip.country', previous_value: 'DE', new_value: 'FR' },
      ip: { previous: '192.0.2.1', new: '203.0.113.7' },
    },
  }),
  session_ended: defineEvent({
    when: 'A user or an administrator ends a session of a user, in the list of sessions, on the account page or by a command, a request has the cookies of several live sessions, a stage locks the account, or a transmitter of security events reports the end.',
    ...{
      level: 'info',
      outcome: 'success',
      actor: `${BY_VISITOR}${OR_COMMAND}, an anonymous visitor, or a transmitter`,
      subject: 'the user of the ended session',
    },
    context: z.object({
      session: z.uuid().optional().describe('id of the session; absent if all sessions of the user have ended'),
      own: z.boolean().describe('whether the actor is the user of the session'),
      reason: z
        .enum(['several_session_cookies', 'account_lockdown'])
        .optional()
        .describe('several session cookies: one request had those of several live sessions, all of which end'),
    }),
    example: { session: '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c', own: true },
  }),
  login_failed: defineEvent({
    when: 'A stage judges a password or an authenticator of a user as wrong.',
    ...{ level: 'warning', outcome: 'failure', actor: BY_PLAN, subject: 'the user whom the visitor claims to be' },
    context: z.object({
      username: z.string(),
      password: z.literal(REDACTED).optional().describe('masked; present for a wrong password'),
      stage: z.object({ app: z.string(), model_name: z.string(), name: z.string() }),
      ...failedDevice.shape,
      auth_method_args: failedDevice
        .optional()
        .describe(
          'the same facts about the authenticator, as authentik 2026.8 has them; only with `API_VERSION=2026.8`',
        ),
    }),
    example: { username: 'alice', password: REDACTED, stage: NAME },
  }),
  login_locked: defineEvent({
    when: 'A wrong answer is the last of many in a row, so that the credential is locked. Later attempts cause no event.',
    ...{ level: 'warning', outcome: 'refused', actor: BY_PLAN, subject: PENDING },
    context: z.object({
      username: z.string().optional(),
      credential: z.string().describe('the locked credential, such as `totp`'),
      failures: z.int().describe('the number of wrong answers'),
    }),
    example: { username: 'alice', credential: 'totp', failures: 50 },
  }),
  flow_denied: defineEvent({
    when: 'A stage or a policy ends a running flow of a user who has proved to be the user. A denial of anybody else, and of a first request, causes no event.',
    ...{ level: 'warning', outcome: 'refused', actor: BY_PLAN, subject: PENDING },
    context: z.object({
      message: z.string().describe('the text that the visitor sees'),
      reason: z.string().optional().describe('name of the reason, if the text is not written by an administrator'),
      stage: z.object({ kind: z.string(), name: z.string() }).optional().describe('the stage that denies'),
    }),
    example: { message: 'Access denied', stage: { kind: 'deny', name: 'no-contractors' } },
  }),
  flow_previewed: defineEvent({
    when: 'A superuser opens the preview of a flow version. The preview itself writes no events.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR, subject: 'the test user of the preview' },
    context: z.object({ flow: z.string(), version: z.int().describe('number of the flow version') }),
    example: { flow: 'default-authentication-flow', version: 7 },
  }),
  recovery_link_created: defineEvent({
    when: 'A superuser creates a link for account recovery over HTTP. The link is a secret and not recorded.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR, subject: 'the user who may use the link' },
    context: z.object({ expires_in_s: z.int().describe('seconds until the link expires') }),
    example: { expires_in_s: 86_400 },
  }),
  user_switched: defineEvent({
    when: 'The browser of a user changes to the session of another user, who is logged in there too, or has just logged in.',
    ...{ level: 'info', outcome: 'success', actor: BY_PLAN, subject: 'the user to whom the browser changes' },
    context: z.object({
      action: z.enum(['add', 'switch']).describe('add: the user has just logged in; switch: the session was live'),
      session: z.uuid().describe('id of the session to which the browser changes'),
      from_user: z.object({ pk: z.int(), username: z.string() }).describe('the user who stays logged in'),
    }),
    example: {
      ...{ action: 'switch', session: '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c' },
      from_user: { pk: 7, username: 'alice' },
    } as const,
  }),
  link_used: defineEvent({
    when: 'A visitor confirms a mailed link or a link for account recovery, or types the code of the same mail.',
    ...{ level: 'info', outcome: 'success', actor: BY_PLAN, subject: PENDING },
    context: z.object({ proof: z.enum(['link', 'code']) }),
    example: { proof: 'link' },
  }),
  password_set: defineEvent({
    when: 'A stage, a command or a blueprint replaces the password of a user, or makes it unusable. This ends the other sessions of the user.',
    ...{ level: 'info', outcome: 'success', actor: BY_PLAN + OR_COMMAND, subject: 'the user' },
    context: z.object({ unusable: z.boolean().optional().describe('true if no password works any more') }),
    example: {},
  }),
  user_write: defineEvent({
    when: 'A user write stage or a command creates or changes a user, a blueprint disables or enables a user, or a transmitter of security events reports that the account is disabled.',
    ...{
      level: 'info',
      outcome: 'success',
      actor: `${BY_PLAN + OR_COMMAND}, or a transmitter`,
      subject: 'the written user',
    },
    context: z.looseObject({ created: z.boolean() }).describe('the entered data; passwords are masked'),
    example: { username: 'alice', email: 'alice@example.org', created: true },
  }),
  ...invitationEvents,
  ...externalEvents,
  authorize_application: defineEvent({
    when: 'A user lets a device act for them by its device code, or signs in to an application or a site behind forward auth.',
    ...{ level: 'info', outcome: 'success', actor: 'the user', subject: 'the user' },
    context: z.object({
      authorized_application: z.string().optional().describe('slug of the application'),
      flow: z.string().optional().describe('id of the flow'),
      scopes: z.string().describe('the granted scopes, separated by spaces; empty for a site'),
      consent_client: z
        .string()
        .optional()
        .describe('id of the application behind the client, if the client asked for a consent for it'),
    }),
    example: { authorized_application: 'tv', flow: '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c', scopes: 'openid profile' },
  }),
  model_created: defineEvent({
    when: 'A device is set up, a consent is given, or a command creates an API token.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR + OR_COMMAND, subject: OWNER },
    context: changedObject,
    example: { model: DEVICE },
  }),
  model_updated: defineEvent({
    when: 'A device is renamed, or a consent is extended.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR, subject: OWNER },
    context: changedObject,
    example: { model: { ...DEVICE, name: 'My phone' } },
  }),
  model_deleted: defineEvent({
    when: 'A device, a consent, a connection with a source, an API token, or a user is deleted. A user whom a command deletes is only named by `pk`.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR + OR_COMMAND, subject: OWNER },
    context: changedObject,
    example: { model: DEVICE },
  }),
  blueprint_applied: defineEvent({
    when: 'A run of blueprints has changed something. Changed invitations, disabled and enabled users, and replaced passwords have events of their own.',
    ...{ level: 'info', outcome: 'success', actor: BY_ADMINISTRATOR, subject: 'nobody' },
    context: appliedBlueprints,
    example: {
      ...{ created: 12, changed: 1, deleted: 0 },
      files: [
        { name: 'blueprints/login.yaml', digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
      ],
      flows: [{ slug: 'login', version: 3 }],
    },
  }),
  ...flowEvents,
  ...rolloutEvents,
  command_run: defineEvent({
    when: 'A command of an administrator has changed what no other action describes, or has exported the data of a user. A command that changes nothing causes no event.',
    ...{ level: 'info', outcome: 'success', actor: BY_COMMAND, subject: 'the user whom the command names, if any' },
    context: z.object({
      counts,
      expires_in_s: z.int().optional().describe('seconds until a recovery link expires'),
      sealed_with: z
        .array(
          z.object({ setting: z.enum(['SEAL_KEYS', 'MFA_SEAL_KEYS']), id: z.string(), replaced: z.array(z.string()) }),
        )
        .optional()
        .describe('ids of the current keys that `keys reseal` has sealed with, and of the old keys'),
    }),
    example: { counts: [{ name: 'users', count: 1200 }] },
  }),
  email_sent: defineEvent({
    when: 'The courier has sent a mail. The text of the mail, which has a secret link, is not recorded.',
    ...{ level: 'info', outcome: 'success', actor: 'the visitor who requested the mail', subject: PENDING },
    context: z.object({
      message: z.string(),
      subject: z.string(),
      from_email: z.string(),
      to_email: z.string(),
    }),
    example: {
      message: 'Email to alice@example.org sent',
      subject: 'Reset your password',
      from_email: 'login@example.org',
      to_email: 'alice@example.org',
    },
  }),
  configuration_error: defineEvent({
    when: 'A stage or a mail template cannot work because of its configuration.',
    ...{ level: 'error', outcome: 'failure', actor: BY_PLAN, subject: PENDING },
    context: z.object({
      message: z.string(),
      error: z.string().optional(),
      template: z.string().optional().describe('name of the mail template'),
    }),
    example: { message: 'Failed to enroll user: Invalid integration key' },
  }),
  ...policyEvents,
} as const satisfies Readonly<Record<string, AuditEventDefinition>>;

export type AuditAction = keyof typeof auditEvents;
export const AUDIT_ACTIONS = Object.keys(auditEvents) as AuditAction[];

/** The context of an event with this action. */
export type AuditContext<A extends AuditAction> = z.input<(typeof auditEvents)[A]['context']>;

/** An event whose context fits its action. */
export type AuditEvent = { [A in AuditAction]: { readonly action: A; readonly context: AuditContext<A> } }[AuditAction];

/** Returns the definition of an action; `undefined` for actions of expressions and external stages. */
export const definitionOf = (action: string): AuditEventDefinition | undefined =>
  Object.hasOwn(auditEvents, action) ? auditEvents[action as AuditAction] : undefined;

/** Whether a context fits its action. Any context fits an action that is not in the list. */
export const fitsAction = (action: string, context: unknown): boolean =>
  definitionOf(action)?.context.safeParse(context).success ?? true;
