import { z } from 'zod';
import { claimedCode, userCode } from './device-grant.js';
import { redirectTarget } from './redirect-target.js';
import { secret } from './secret.js';
import type { Sentence } from './sentence.js';

/**
 * Largest length of a cookie value. With name and attributes, the cookie stays below all browser limits (RFC 6265
 * §6.1).
 */
export const MAX_COOKIE_CHARACTERS = 3000;

const bag = z.record(z.string(), z.unknown());

/** An SMTP server that a stage configures, used instead of the courier's. */
export const mailServer = z.object({
  host: z.string(),
  port: z.int().min(1).max(65_535),
  username: z.string(),
  password: secret(z.string()),
  tls: z.enum(['none', 'starttls', 'implicit']),
  /** Seconds without a response until the server counts as unavailable. */
  timeout_s: z.number().positive(),
  from: z.string(),
});

/** Mail templates of the courier by their names in blueprints (docs/spec/stages.md#email-templates). */
export const MAIL_TEMPLATES = [
  'email/password_reset.html',
  'email/account_confirmation.html',
  'email/invitation.html',
  'email/login.html',
] as const;
/** Mail templates of the courier for a code without a link (docs/spec/mfa.md#email). */
export const CODE_MAIL_TEMPLATES = ['email/email_otp.html'] as const;
export type MailTemplateName = (typeof MAIL_TEMPLATES | typeof CODE_MAIL_TEMPLATES)[number];

/**
 * A mail for the courier. With `link_ttl_s`, it contains a link that continues the plan at this step
 * (docs/spec/plan.md#mailed-links).
 */
export const mailEffect = z.object({
  type: z.literal('mail'),
  /**
   * Recipient. Null for an unknown user: the mail is processed but not sent, so that timing does not reveal whether the
   * user exists.
   */
  to: z.object({ address: z.string(), name: z.string() }).nullable(),
  template: z.string(),
  subject: z.string(),
  locale: z.string(),
  variables: bag,
  /** Absent if the courier must use its own SMTP server. */
  smtp: mailServer.optional(),
  link_ttl_s: z.number().positive().optional(),
  /** Seconds for which the code of a mail without a link is valid. The mail is not sent later. */
  code_ttl_s: z.number().positive().optional(),
  /**
   * Set if the visitor has requested the mail again. `mails` is the largest number of such mails for one name or
   * address, over all sessions. The count restarts when no mail was requested for `window_s` seconds. Above the limit,
   * the gateway sends no mail and shows an error.
   */
  resend_limit: z.object({ mails: z.int().nonnegative(), window_s: z.number().nonnegative() }).optional(),
});

/** An audit event. */
const event = z.object({
  ...{ type: z.literal('event'), action: z.string().regex(/^[a-z_]{1,64}$/), context: bag },
  /** UUID of the saved user whom the event is about. Default: the pending user after the step. */
  user: z.uuid().exactOptional(),
});

/** An audit event without its effect type and its user. */
export const eventPayload = event.omit({ type: true, user: true });

/**
 * A change outside the plan that a stage requests as data. The gateway applies it in the statement that saves the plan
 * (docs/spec/bus-protocol.md#effects).
 */
export const effect = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('login'),
    /** UUID of the saved user to log in. */
    user: z.uuid(),
    backend: z.string(),
    /** Lifetime of the session in seconds. Null for a session that lasts until the browser is closed. */
    duration_s: z.number().positive().nullable(),
    bindings: z.object({ network: z.string(), geoip: z.string() }),
    terminate_other_sessions: z.boolean(),
    /** Whether the user has proved possession of a device in this plan. */
    second_factor: z.boolean().optional(),
    /** Set to remember the browser as a device of the user: the id of the stage, and for how many seconds. */
    device: z.object({ stage: z.string(), remember_s: z.number().positive() }).optional(),
  }),
  /** Logs the user out of this session, and deletes all data of the session except this plan. */
  z.object({ type: z.literal('logout') }),
  /**
   * Records that the session has signed in to the application of an OAuth client, so that a logout notifies the
   * application.
   */
  z.object({ type: z.literal('sign_in'), client: z.string().max(255) }),
  event,
  z.object({ type: z.literal('reputation'), identifier: z.string(), delta: z.int() }),
  /**
   * Keeps this session, with the new epoch, and ends all other sessions of the user, who has changed their own
   * password.
   */
  z.object({ type: z.literal('keep_session'), user_epoch: z.int() }),
  /** Ends all sessions of a saved user. */
  z.object({ type: z.literal('end_sessions'), user: z.uuid() }),
  mailEffect,
  /**
   * Invalidates the link in the mail of this step, because the visitor has typed the code in this mail. Link and code
   * prove the same address.
   */
  z.object({ type: z.literal('link_used') }),
  z.object({
    type: z.literal('cookie'),
    /** Name of a cookie that the contract lists. */
    name: z.string(),
    value: z.string().max(MAX_COOKIE_CHARACTERS),
    max_age_s: z.number().positive(),
  }),
  /**
   * Starts the authorization flow of the code's OAuth client. The stage `device_code` requests this effect when the
   * visitor has claimed a device code. `user_code` is the code that the visitor typed. Consent services before 1.0 do
   * not send `user_code`.
   */
  z.object({ type: z.literal('authorize'), claimed: claimedCode, user_code: userCode.optional() }),
  /**
   * Stores a pending source login for a button of the challenge. Only this session may complete the login that has this
   * `state`.
   */
  z.object({ type: z.literal('source_login'), source: z.uuid(), state: z.string().min(32).max(128) }),
  /**
   * Starts another flow in the same session, to which the challenge redirects the visitor. The gateway redirects to
   * `otherwise` if there is no flow `slug`.
   */
  z.object({
    type: z.literal('enter_flow'),
    slug: z.string(),
    /** Whether the plan of the target flow starts with the facts of this plan. */
    keep_context: z.boolean(),
    otherwise: z.union([z.object({ slug: z.string() }), z.object({ to: redirectTarget() })]).exactOptional(),
  }),
  /** A text for the open pages of the session. The gateway translates it and fills in the parameters. */
  z.object({
    type: z.literal('toast'),
    level: z.enum(['success', 'info', 'warning', 'error']),
    message: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(),
  }),
]);
export type Effect = z.output<typeof effect>;
export type EffectType = Effect['type'];
export const EFFECT_TYPES = effect.options.map(({ shape }) => shape.type.value);

/** Effect types that a denied reply may have, because they only record what happened. */
export const REFUSAL_EFFECTS: ReadonlySet<EffectType> = new Set(['event', 'reputation', 'toast']);

/**
 * Effect types that a challenge or a rejected reply may have: those of `REFUSAL_EFFECTS`, and those that a challenge
 * needs, such as a mail.
 */
export const CHALLENGE_EFFECTS: ReadonlySet<EffectType> = new Set([
  ...REFUSAL_EFFECTS,
  'mail',
  'source_login',
  'enter_flow',
]);

type Toast = Extract<Effect, { type: 'toast' }>;

/** Returns the effect that shows a text to the visitor. */
export const toast = (level: Toast['level'], { text, params }: Sentence): Toast => ({
  type: 'toast',
  level,
  message: text,
  ...(params === undefined ? {} : { params }),
});

/** Returns the toasts with the messages of policies that have passed. No catalogue translates these messages. */
export const policyToasts = (messages: readonly string[]): Toast[] => messages.map((text) => toast('info', { text }));
