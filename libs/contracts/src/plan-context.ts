import { z } from 'zod';
import { redirectTarget } from './redirect-target.js';
import { secret } from './secret.js';
import { IFRAME_SESSIONS, iframeSession } from './signed-in-application.js';

/** Kind of the stage that ends the logout of an application. */
export const SESSION_END_KIND = 'session_end';

/** Name of the fact with the URL to which an application redirects the visitor after the logout. */
export const POST_LOGOUT_REDIRECT = 'goauthentik.io/providers/oauth2/post_logout_redirect_uri';

const savedUser = z.object({
  kind: z.literal('saved'),
  uuid: z.uuid(),
  pk: z.int(),
  username: z.string(),
  name: z.string(),
  email: z.string(),
  is_active: z.boolean(),
  /** Number that increases when all sessions of the user must end. Proofs from an older epoch are invalid. */
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

/**
 * The user of a flow. A pretended user stands in for an unknown user, is never saved and gets no mail. Clients cannot
 * distinguish a pretended user from a real one (enumeration).
 */
export const user = z.discriminatedUnion('kind', [savedUser, pretendedUser, unsavedUser]);
export type User = z.output<typeof user>;
export type SavedUser = z.output<typeof savedUser>;

const bag = z.record(z.string(), z.unknown());

const subject = z.object({ uuid: z.uuid(), pk: z.int().optional(), slug: z.string(), name: z.string() });

/** Name of the fact that the set-up page started the plan (docs/spec/executor.md#setup). */
export const SETUP_STARTED_BY = 'goauthentik.io/core/setup/started-by';

/** The service account with whose token an outpost authenticates. Gatehouse stores no outposts. */
export const outpostAccount = z.object({ uuid: z.uuid(), name: z.string() });
export type OutpostAccount = z.output<typeof outpostAccount>;

/** Largest length of a captcha provider's key, in characters. */
const MAX_CAPTCHA_KEY = 1000;

/** The facts of a plan that stages share (docs/spec/plan.md#context). */
export const planContext = z.object({
  pending_user: user.optional(),
  /** The name or address that the visitor typed, for display. */
  pending_user_identifier: z.string().optional(),
  user_backend: z.string().optional(),
  auth_method: z.string().optional(),
  auth_method_args: z.record(z.string(), z.unknown()).optional(),
  /** Primary keys of the devices that were set up in this plan. */
  enrolled_devices: z.array(z.int()).optional(),
  /**
   * UUID of the user who was verified in this plan: by password, device, mailed link or source, or because this plan
   * created the user. An app password is a token and does not count.
   */
  verified_user: z.uuid().optional(),
  /** UUID of the user from whom a recovery flow has requested a second factor before it replaces the password. */
  proof_asked: z.string().optional(),
  /** Values of prompts by field key. A key with dots is one flat key, not a path. */
  prompt_data: secret(z.record(z.string(), z.unknown())).optional(),
  /** Keys of `prompt_data` whose values an invitation has fixed. */
  prompt_locked: z.array(z.string()).optional(),
  /** Keys of `prompt_data` that are passwords. Their values are never shown, and are removed once the user is saved. */
  prompt_secrets: z.array(z.string()).optional(),
  /** Groups that the user write stage adds the user to, by id or name. */
  groups: z.array(z.string()).optional(),
  user_path: z.string().optional(),
  user_type: z.string().optional(),
  /** Address for mails of this plan, used instead of the user's address. */
  email: z.string().optional(),
  /** The application for which the visitor logs in. `launch_url`: URL at which visitors start the application. */
  application: subject.extend({ launch_url: redirectTarget().optional() }).optional(),
  /** The outpost from which the requests of the plan come. Only since 2026.8. */
  outpost: z.object({ instance: outpostAccount }).optional(),
  source: subject.optional(),
  /** Email address that the source says it has verified. */
  source_email: z.string().optional(),
  is_sso: z.boolean().optional(),
  source_groups: secret(bag).optional(),
  /** Account at a source, which the stage `post_source` connects with the user at the end of the plan. */
  'goauthentik.io/sources/connection': z.object({ source: z.uuid(), identifier: z.string() }).optional(),
  /** Profile of the user from a source, for policies. */
  oauth_userinfo: secret(bag).optional(),
  consent_header: z.string().optional(),
  consent_permissions: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
  consent_additional_permissions: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
  /** Keys for a captcha provider, in place of the keys in the stage's config. */
  'goauthentik.io/stages/captcha/site_key': z.string().max(MAX_CAPTCHA_KEY).optional(),
  'goauthentik.io/stages/captcha/private_key': secret(z.string().max(MAX_CAPTCHA_KEY)).optional(),
  captcha: z.object({ response: bag, stage: z.string() }).optional(),
  invitation: z.object({ uuid: z.uuid(), name: z.string() }).optional(),
  invitation_in_effect: z.boolean().optional(),
  /** UUID of the single-use invitation that is redeemed when the user is saved. */
  invitation_due: z.uuid().optional(),
  /**
   * Set when the visitor arrives by a mailed link, or returns from a source: the step to continue with, and the user of
   * the plan. `address`: where a superuser has mailed the link to (docs/spec/http.md#recovery-mails).
   */
  is_restored: z
    .object({ step: z.string(), user: z.string().nullable(), address: z.string().exactOptional() })
    .optional(),
  /** URL to which an application redirects the visitor after the logout. */
  [POST_LOGOUT_REDIRECT]: redirectTarget().optional(),
  /** Addresses of applications that the browser must open, because the visitor has logged out. Only since 2026.8. */
  [IFRAME_SESSIONS]: z.array(iframeSession).optional(),
  /** The flow whose redirect stage has redirected the visitor to this flow. */
  is_redirected: z.object({ uuid: z.uuid(), slug: z.string(), name: z.string() }).optional(),
  /** Target of the redirect stage, in place of the configured one: a URL, or `ak-flow://` with the slug of a flow. */
  redirect_stage_target: z.string().optional(),
  /** Set by the set-up page, so that the policies of the set-up flow can refuse plans that were started otherwise. */
  [SETUP_STARTED_BY]: z.literal('setup').optional(),
  /** The user who is logged in while the visitor switches to another user of the browser. */
  user_switch_from_user: savedUser.optional(),
  deny_message: z.string().optional(),
  /** Why an account is locked down, if no prompt has asked for the reason. */
  lockdown_reason: z.string().optional(),
  /** Destination at the end of the flow, instead of `next`. May be an absolute URL. */
  redirect: redirectTarget().optional(),
  title: z.string().optional(),
  url: z.string().optional(),
  attrs: z.record(z.string(), z.string()).optional(),
});
export type PlanContext = z.output<typeof planContext>;
export type ContextKey = keyof PlanContext & string;
export const CONTEXT_KEYS = Object.keys(planContext.shape) as ContextKey[];
