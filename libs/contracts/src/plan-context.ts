import { z } from 'zod';
import { redirectTarget } from './redirect-target.js';
import { secret } from './secret.js';

const savedUser = z.object({
  kind: z.literal('saved'),
  uuid: z.uuid(),
  pk: z.int(),
  username: z.string(),
  name: z.string(),
  email: z.string(),
  is_active: z.boolean(),
  /** Rises whenever all sessions of the user must end: what was proved under an older one is worth nothing. */
  epoch: z.int(),
  locale: z.string(),
  backend: z.string().optional(),
});
const pretendedUser = z.object({ kind: z.literal('pretended'), username: z.string(), email: z.string() });
const unsavedUser = z.object({
  kind: z.literal('unsaved'),
  username: z.string(),
  name: z.string(),
  email: z.string(),
  backend: z.string().optional(),
});

/** Whom a flow is about. A pretended user stands in for an unknown one and is never saved, mailed or told apart. */
export const user = z.discriminatedUnion('kind', [savedUser, pretendedUser, unsavedUser]);
export type User = z.output<typeof user>;
export type SavedUser = z.output<typeof savedUser>;

const bag = z.record(z.string(), z.unknown());

const subject = z.object({ uuid: z.uuid(), pk: z.int().optional(), slug: z.string(), name: z.string() });

/** The facts that stages share, one line each (docs/spec/plan.md#context). */
export const planContext = z.object({
  pending_user: user.optional(),
  /** What the visitor typed, for display. */
  pending_user_identifier: z.string().optional(),
  user_backend: z.string().optional(),
  auth_method: z.string().optional(),
  auth_method_args: z.record(z.string(), z.unknown()).optional(),
  /** Numbers of the devices that were set up on the way. */
  enrolled_devices: z.array(z.int()).optional(),
  /**
   * The user, by uuid, who was verified in this plan: by password, device, mailed link or source, or because this plan created
   * the user. An app password is a token and does not count.
   */
  verified_user: z.uuid().optional(),
  /** The user, by uuid, who was asked for a device before their password is replaced. */
  proof_asked: z.string().optional(),
  /** What was typed into prompts, by flat key. */
  prompt_data: secret(z.record(z.string(), z.unknown())).optional(),
  /** Keys of `prompt_data` that an invitation fixed. */
  prompt_locked: z.array(z.string()).optional(),
  /** Keys of `prompt_data` that are passwords: never shown again, and gone once they are written. */
  prompt_secrets: z.array(z.string()).optional(),
  /** Groups by number or name, a path and a type for the user who is to be written; where mail goes instead of to the user. */
  groups: z.array(z.string()).optional(),
  user_path: z.string().optional(),
  user_type: z.string().optional(),
  email: z.string().optional(),
  application: subject.optional(),
  source: subject.optional(),
  is_sso: z.boolean().optional(),
  source_groups: bag.optional(),
  /** Whom a source says somebody is; once the plan is over, that is who they are here. */
  'goauthentik.io/sources/connection': z.object({ source: z.uuid(), identifier: z.string() }).optional(),
  /** What a source said of them, for policies. */
  oauth_userinfo: secret(bag).optional(),
  consent_header: z.string().optional(),
  consent_permissions: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
  consent_additional_permissions: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
  captcha: z.object({ response: bag, stage: z.string() }).optional(),
  invitation: z.object({ uuid: z.uuid(), name: z.string() }).optional(),
  invitation_in_effect: z.boolean().optional(),
  /** An invitation that counts until whoever came by it has what it is for, and is used up by that. */
  invitation_due: z.uuid().optional(),
  /** The mailed link that brought the visitor here: of which step, for which user. */
  is_restored: z.object({ step: z.string(), user: z.string().nullable() }).optional(),
  deny_message: z.string().optional(),
  /** Where the flow ends, whatever `next` says; may be absolute. */
  redirect: redirectTarget().optional(),
  title: z.string().optional(),
  url: z.string().optional(),
  attrs: z.record(z.string(), z.string()).optional(),
});
export type PlanContext = z.output<typeof planContext>;
export type ContextKey = keyof PlanContext & string;
export const CONTEXT_KEYS = Object.keys(planContext.shape) as ContextKey[];
