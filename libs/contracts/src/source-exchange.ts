import { z } from 'zod';
import { message } from './message.js';
import { publishedSource } from './source-config.js';
import { PROTOCOL_VERSION } from './stage-request.js';

/**
 * Subjects at which the identification service begins and completes a login at a source (docs/spec/sources.md). The gateway
 * sends the requests. It owns the source and whether it is enabled, the single use of `state`, the binding of `state` to the
 * browser's session, its expiry, and the use of the identity. The service talks to the providers and stores nothing.
 */
export const SOURCE_BEGIN_SUBJECT = 'sources.begin';
export const SOURCE_COMPLETE_SUBJECT = 'sources.complete';
/** NATS queue group of both subjects. */
export const SOURCE_QUEUE = 'sources';

/** Milliseconds that the gateway waits for a provider. */
export const SOURCE_DEADLINE_MS = 12_000;

const bag = z.record(z.string(), z.unknown());

const requestFields = {
  v: z.literal(PROTOCOL_VERSION),
  /** Milliseconds that remain, counted from receipt. */
  timeout_ms: z.number(),
  /** The published source, with its secrets. */
  source: publishedSource,
};

/** Absolute URL of `/source/oauth/callback/<slug>/`, built from the configured base URL. */
const redirectUri = z.url();

/** Asks for the URL at the provider that the browser is redirected to. */
export const sourceBeginRequest = z.object({
  ...requestFields,
  redirect_uri: redirectUri,
  /** Random single-use value, sent to the provider unchanged. */
  state: z.string().min(32).max(128),
});
export type SourceBeginRequest = z.output<typeof sourceBeginRequest>;

/** Data for the callback, such as the nonce and the PKCE verifier. The gateway seals it and returns it once. */
const providerState = bag;

/** The URL to redirect to with the data for the callback, or the reason for a refusal, which the visitor reads. */
export const sourceBeginReply = z.union([
  z.object({ to: z.url(), kept: providerState }),
  z.object({ refused: message }),
]);
export type SourceBeginReply = z.output<typeof sourceBeginReply>;

/** Asks for the identity, proved by the callback's parameters or, for Plex, by the token from its script. */
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
    /** Whether the source has verified the address. Absent when the source does not tell. */
    email_verified: z.boolean().optional(),
  }),
  /** Groups of the user by their id at the source, with their `name` in Gatehouse. */
  groups: z
    .record(text(255), z.object({ name: text(255).optional() }))
    .refine((groups) => Object.keys(groups).length <= MAX_GROUPS, { error: 'too many' })
    .default({}),
  /** The profile from the source, for policies. Contains no tokens. */
  info: bag,
});

/** The identity, or the reason for a refusal, which the visitor reads. */
export const sourceCompleteReply = z.union([z.object({ identity: sourceIdentity }), z.object({ refused: message })]);
export type SourceCompleteReply = z.output<typeof sourceCompleteReply>;
