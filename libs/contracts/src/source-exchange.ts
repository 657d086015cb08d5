import { z } from 'zod';
import { message } from './message.js';
import { publishedSource } from './source-config.js';
import { PROTOCOL_VERSION } from './stage-request.js';

/**
 * Where the identification service is asked to begin and to complete a login elsewhere (docs/spec/sources.md). The
 * gateway asks, and owns everything around: the source and whether it is enabled, `state` and its single use, its
 * binding to the browser's session and its expiry, and what becomes of an identity. The service owns what is said to
 * providers, and keeps nothing.
 */
export const SOURCE_BEGIN_SUBJECT = 'sources.begin';
export const SOURCE_COMPLETE_SUBJECT = 'sources.complete';
/** The queue group of both. */
export const SOURCE_QUEUE = 'sources';

/** Milliseconds that the gateway waits for a provider, whoever asks it. */
export const SOURCE_DEADLINE_MS = 12_000;

const bag = z.record(z.string(), z.unknown());

const requestFields = {
  v: z.literal(PROTOCOL_VERSION),
  /** Milliseconds that are left, counted from receipt. */
  timeout_ms: z.number(),
  /** As published, with its secrets. */
  source: publishedSource,
};

/** The absolute address of `/source/oauth/callback/<slug>/`, from the configured base. */
const redirectUri = z.url();

/** Asks where to send a browser. */
export const sourceBeginRequest = z.object({
  ...requestFields,
  redirect_uri: redirectUri,
  /** Unguessable, single use: to be sent to the provider as it is. */
  state: z.string().min(32).max(128),
});
export type SourceBeginRequest = z.output<typeof sourceBeginRequest>;

/** What is kept for the callback, such as nonce and verifier; the gateway seals it and hands it back once. */
const providerState = bag;

/** Where to, or why not: a sentence for the visitor. */
export const sourceBeginReply = z.union([
  z.object({ to: z.url(), kept: providerState }),
  z.object({ refused: message }),
]);
export type SourceBeginReply = z.output<typeof sourceBeginReply>;

/** Asks who has come back, by what the provider sent along or, for Plex, by the token that its script brought. */
export const sourceCompleteRequest = z.object({
  ...requestFields,
  proof: z.union([
    z.object({
      redirect_uri: redirectUri,
      state: sourceBeginRequest.shape.state,
      kept: providerState,
      /** The callback's parameters, of its query or its form, each once: `state` (checked already), `code`, `error`, `iss`, `user` … */
      answer: z.record(z.string(), z.string()),
    }),
    z.object({ plex_token: z.string().min(1).max(2000) }),
  ]),
});
export type SourceCompleteRequest = z.output<typeof sourceCompleteRequest>;

/** Text that a database takes. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((said) => !/[\0\p{Cs}]/u.test(said), { error: 'no text' });

/** Groups that somebody may have elsewhere. */
const MAX_GROUPS = 1000;

/** Somebody as a source knows them, mapped to the fields of this house; what the source does not say is left out. */
export const sourceIdentity = z.object({
  /** What the source never gives to anybody else. */
  identifier: text(255).refine((said) => said !== '', { error: 'empty' }),
  user: z.object({
    username: text(150).optional(),
    name: text(1000).optional(),
    email: text(254).optional(),
    /** What the source says of the address; absent when it says nothing. */
    email_verified: z.boolean().optional(),
  }),
  /** Groups of theirs: what each is called here (`name`), by what the source calls it. */
  groups: z
    .record(text(255), z.object({ name: text(255).optional() }))
    .refine((groups) => Object.keys(groups).length <= MAX_GROUPS, { error: 'too many' })
    .default({}),
  /** What the source said, for policies. No tokens. */
  info: bag,
});

/** Who it is, or why nobody: a sentence for the visitor. */
export const sourceCompleteReply = z.union([z.object({ identity: sourceIdentity }), z.object({ refused: message })]);
export type SourceCompleteReply = z.output<typeof sourceCompleteReply>;
