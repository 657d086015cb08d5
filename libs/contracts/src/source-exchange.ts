import { z } from 'zod';
import { message } from './message.js';
import { publishedSource } from './source-config.js';
import { PROTOCOL_VERSION } from './stage-request.js';

/**
 * NATS subjects at which the identification service begins and completes a login at a source (docs/spec/sources.md).
 * The gateway sends the requests. It also checks that the source is enabled, and that `state` is unexpired, unused and
 * belongs to the browser's session. It also decides which user the identity logs in or enrolls. The service calls the
 * providers and stores nothing.
 */
export const SOURCE_BEGIN_SUBJECT = 'sources.begin';
export const SOURCE_COMPLETE_SUBJECT = 'sources.complete';
/** NATS subject at which the service fetches public keys for the gateway, which must not reach other hosts. */
export const SOURCE_KEYS_SUBJECT = 'sources.keys';
/** NATS queue group of these subjects. */
export const SOURCE_QUEUE = 'sources';

/** Milliseconds that the gateway waits for the reply of the service, which calls a provider. */
export const SOURCE_DEADLINE_MS = 12_000;

const bag = z.record(z.string(), z.unknown());

const requestFields = {
  v: z.literal(PROTOCOL_VERSION),
  /** Milliseconds that are left for the reply, counted from the receipt of the request. */
  timeout_ms: z.number(),
  /** The published source, with its secrets. */
  source: publishedSource,
};

/** Absolute URL of `/source/oauth/callback/<slug>/`, built from the configured base URL. */
const redirectUri = z.url();

/** Request for the provider's authorization URL, to which the gateway redirects the browser. */
export const sourceBeginRequest = z.object({
  ...requestFields,
  redirect_uri: redirectUri,
  /** The OAuth `state`: a random single-use value, which the provider gets unchanged. */
  state: z.string().min(32).max(128),
});
export type SourceBeginRequest = z.output<typeof sourceBeginRequest>;

/**
 * Data that the service needs at the callback, such as nonce and PKCE verifier. The gateway stores it sealed, and
 * returns it once.
 */
const providerState = bag;

/** The authorization URL with the data for the callback, or the message of a refusal, which the visitor sees. */
export const sourceBeginReply = z.union([
  z.object({ to: z.url(), kept: providerState }),
  z.object({ refused: message }),
]);
export type SourceBeginReply = z.output<typeof sourceBeginReply>;

/**
 * Request for the identity that the callback's parameters prove. For Plex, the token from Plex's script is the proof.
 */
export const sourceCompleteRequest = z.object({
  ...requestFields,
  proof: z.union([
    z.object({
      redirect_uri: redirectUri,
      state: sourceBeginRequest.shape.state,
      kept: providerState,
      /** Parameters of the callback's query or form: `state` (already checked), `code`, `error`, `iss`, `user` … */
      answer: z.record(z.string(), z.string()),
    }),
    z.object({ plex_token: z.string().min(1).max(2000) }),
  ]),
});
export type SourceCompleteRequest = z.output<typeof sourceCompleteRequest>;

/** Text without characters that Postgres cannot store. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !/[\0\p{Cs}]/u.test(value), { error: 'contains NUL or a lone surrogate' });

/** Largest number of groups of one identity. */
const MAX_GROUPS = 1000;

/** A user at a source, mapped to the fields of a Gatehouse user. Fields that the source does not send are absent. */
export const sourceIdentity = z.object({
  /** Permanent id of the user at the source, which is never reassigned. */
  identifier: text(255).refine((value) => value !== '', { error: 'empty' }),
  user: z.object({
    username: text(150).optional(),
    name: text(1000).optional(),
    email: text(254).optional(),
    /** Whether the source has verified the mail address. Absent if the source does not say so. */
    email_verified: z.boolean().optional(),
  }),
  /** Groups of the user: keys are group ids at the source, `name` is the group's name in Gatehouse. */
  groups: z
    .record(text(255), z.object({ name: text(255).optional() }))
    .refine((groups) => Object.keys(groups).length <= MAX_GROUPS, { error: 'too many' })
    .default({}),
  /** The profile from the source, for policies. Contains no tokens. */
  info: bag,
});

/** The identity, or the message of a refusal, which the visitor sees. */
export const sourceCompleteReply = z.union([z.object({ identity: sourceIdentity }), z.object({ refused: message })]);
export type SourceCompleteReply = z.output<typeof sourceCompleteReply>;

/** Request for the public keys of another system (RFC 7517), from an address that SOURCE_HOSTS allows. */
export const sourceKeysRequest = z.object({
  v: requestFields.v,
  timeout_ms: requestFields.timeout_ms,
  url: z.url({ protocol: /^https?$/ }).max(2048),
});
export type SourceKeysRequest = z.output<typeof sourceKeysRequest>;

/** The keys, or why they are not available, for the operator. */
export const sourceKeysReply = z.union([z.object({ keys: z.array(bag) }), z.object({ unavailable: z.string() })]);
export type SourceKeysReply = z.output<typeof sourceKeysReply>;
