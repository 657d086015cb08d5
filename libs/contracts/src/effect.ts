import { z } from 'zod';
import { claimedCode } from './device-grant.js';
import { secret } from './secret.js';

/** Characters of a cookie's value: with its name and attributes it stays under what every browser takes (RFC 6265 §6.1). */
export const MAX_COOKIE_CHARACTERS = 3000;

const bag = z.record(z.string(), z.unknown());

/** A mail server of a stage's own. */
const smtp = z.object({
  host: z.string(),
  port: z.int().min(1).max(65_535),
  username: z.string(),
  password: secret(z.string()),
  tls: z.enum(['none', 'starttls', 'implicit']),
  /** Seconds of silence after which it counts as away. */
  timeout_s: z.number().positive(),
  from: z.string(),
});

/**
 * A mail for the courier; with a lifetime, one with a link that takes its reader back to this step
 * (docs/spec/plan.md#mailed-links).
 */
export const mailEffect = z.object({
  type: z.literal('mail'),
  /** Null: nobody. Such a mail costs what any costs, so that nobody learns by time whether there was somebody to write to. */
  to: z.object({ address: z.string(), name: z.string() }).nullable(),
  template: z.string(),
  subject: z.string(),
  locale: z.string(),
  variables: bag,
  /** Without it the mail goes by the courier's own server. */
  smtp: smtp.optional(),
  link_ttl_s: z.number().positive().optional(),
});

/** Something that happened, for whoever listens. */
const event = z.object({ type: z.literal('event'), action: z.string().regex(/^[a-z_]{1,64}$/), context: bag });

/** What is told of something that happened. */
export const eventPayload = event.omit({ type: true });

/**
 * A change outside the plan, asked for as data; the gateway makes it in the statement that saves the plan
 * (docs/spec/bus-protocol.md#effects).
 */
export const effect = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('login'),
    /** uuid of the saved user who is logged in. */
    user: z.uuid(),
    backend: z.string(),
    /** Null: until the browser closes. */
    duration_s: z.number().positive().nullable(),
    bindings: z.object({ network: z.string(), geoip: z.string() }),
    terminate_other_sessions: z.boolean(),
    /** Whether a device of the user was proved on the way. */
    second_factor: z.boolean().optional(),
  }),
  /** Nobody is logged in to the session any more, and nothing of it is left but this plan. */
  z.object({ type: z.literal('logout') }),
  event,
  z.object({ type: z.literal('reputation'), identifier: z.string(), delta: z.int() }),
  /** The user changed their own password: this session goes on under the new epoch, all others end. */
  z.object({ type: z.literal('keep_session'), user_epoch: z.int() }),
  /** Every session of a saved user ends. */
  z.object({ type: z.literal('end_sessions'), user: z.uuid() }),
  mailEffect,
  /** Whoever passes has proved in another way what the link that this step mailed would: it is used up with that. */
  z.object({ type: z.literal('link_used') }),
  z.object({
    type: z.literal('cookie'),
    /** One that the contract may read. */
    name: z.string(),
    value: z.string().max(MAX_COOKIE_CHARACTERS),
    max_age_s: z.number().positive(),
  }),
  /** A device's code is the visitor's to decide about: its client's authorization flow begins, and goes on from here. */
  z.object({ type: z.literal('authorize'), claimed: claimedCode }),
  /** A login at a source begins with this very challenge: whoever comes back with the state, in this session, has begun it. */
  z.object({ type: z.literal('source_login'), source: z.uuid(), state: z.string().min(32).max(128) }),
  z.object({ type: z.literal('toast'), level: z.enum(['success', 'info', 'warning', 'error']), message: z.string() }),
]);
export type Effect = z.output<typeof effect>;
export type EffectType = Effect['type'];
export const EFFECT_TYPES = effect.options.map(({ shape }) => shape.type.value);

/** Effects that a refusal may have: they record what happened and change nobody's rights. */
export const REFUSAL_EFFECTS: ReadonlySet<EffectType> = new Set(['event', 'reputation']);

/** Effects that asking may have besides: a code or a link is sent with the challenge that waits for it. */
export const CHALLENGE_EFFECTS: ReadonlySet<EffectType> = new Set([
  ...REFUSAL_EFFECTS,
  'mail',
  'source_login',
  'toast',
]);
