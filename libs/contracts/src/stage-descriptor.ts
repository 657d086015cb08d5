import { z } from 'zod';
import { descriptorObject, descriptorSchema } from './descriptor-schema.js';
import { EFFECT_TYPES } from './effect.js';
import { OWN_FACT } from './own-fact.js';
import { CONTEXT_KEYS } from './plan-context.js';
import { IDENTIFICATION_METHODS } from './stage-contract.js';
import type { StageProof } from './stage-forecast.js';
import { stagePage } from './stage-page.js';
import { PROTOCOL_VERSION } from './stage-request.js';

/** Format of a stage kind, which is one token of NATS subjects. */
export const KIND = /^[a-z][a-z0-9_]{1,47}$/;

/** Largest length of a descriptor as JSON, in characters. */
export const MAX_DESCRIPTOR_LENGTH = 32 * 1024;
/** Largest nesting depth of objects and lists in a descriptor. */
export const MAX_DESCRIPTOR_DEPTH = 24;
/** Largest number of own facts in a descriptor. */
export const MAX_OWN_FACTS = 16;
/** Largest deadline of a stage in milliseconds (docs/spec/bus-protocol.md#limits). */
export const MAX_DEADLINE_MS = 15_000;

const kind = z.string().regex(KIND);
const name = z.string().min(1).max(64);
const contextKey = z.enum(CONTEXT_KEYS);
const list = <S extends z.ZodType>(member: S) => z.array(member).max(64).default([]);
const record = <S extends z.ZodType>(value: S) => z.record(name, value).default({});

const pick = z.object({
  field: name.describe(
    'Field of the answer with the chosen entry, or with those of its members that `credential` names.',
  ),
  among: name.describe('Field of the challenge with the list of entries.'),
  where: z
    .object({ member: name, values: list(name) })
    .describe('Only entries whose `member` is one of `values` have this credential.'),
});

const attemptRule = z
  .object({
    when: name.describe('Field of the answer. An answer with a value in it is an attempt.'),
    credential: name.describe(
      'What is guessed, under which failures are counted: the kind, or the kind, a colon and a name. With `pick`, `{member}` stands for that member of the chosen entry.',
    ),
    pick: pick
      .exactOptional()
      .describe(
        'For an answer that chooses one of several credentials. Without a valid choice it counts for all of them.',
      ),
    free: z.int().min(1).describe('Failures of one visitor before answers are delayed.'),
    hard: z
      .int()
      .min(2)
      .max(100)
      .describe(
        'Failures in a row, more than `free`, that lock the credential for visitors with another proof. Others are delayed longer.',
      ),
    refuse: z
      .object({
        field: name.describe('Field of the answer at which the error is shown.'),
        code: name.describe('Code of `errors`. Use it for wrong answers too, so that they look the same.'),
      })
      .describe(
        'The error of an attempt that is refused without being judged, because it came during a delay or a lock.',
      ),
  })
  .describe('Which answers are counted as guesses at a credential.');

const ownFact = z.object({
  schema: descriptorSchema,
  reads: z.enum(['required', 'optional']).exactOptional(),
  writes: z.boolean().default(false),
});

const proof = z.object({
  factor: z.enum(['first', 'further']),
  if_missing: z.enum(['refused', 'set_up', 'let_in']),
}) satisfies z.ZodType<StageProof>;

/** Request to a stage to describe its contract. */
export const describeRequest = z.object({ v: z.literal(PROTOCOL_VERSION) });

const descriptor = z.object({
  v: z.literal(PROTOCOL_VERSION),
  kind,
  /** Null for a stage that never shows a challenge. */
  component: z.string().min(1).max(64).nullable(),
  config: descriptorObject,
  challenge: descriptorObject,
  response: descriptorObject,
  state: descriptorObject,
  reads: z.partialRecord(contextKey, z.enum(['required', 'optional'])).default({}),
  writes: list(contextKey),
  /** Facts of a vendor's own, with the shape of their values. */
  facts: z
    .record(z.string().regex(OWN_FACT, { error: 'must be x_<vendor>_<name>' }), ownFact)
    .refine((facts) => Object.keys(facts).length <= MAX_OWN_FACTS, { error: `more than ${MAX_OWN_FACTS} facts` })
    .default({}),
  errors: record(z.object({ string: z.string().min(1).max(512), code: name })),
  effects: list(z.enum(EFFECT_TYPES)),
  inserts: list(kind),
  embeds: record(z.object({ field: name, as: name.exactOptional(), error: name, asks: name.exactOptional() })),
  attempts: list(attemptRule),
  /** False if no answer is a guess at a credential. Otherwise every answer is counted if `attempts` is empty. */
  guesses: z.boolean().exactOptional(),
  /** What passing the stage proves about the user. It counts only if the blueprint trusts it (docs/adr/0094). */
  proves: proof.exactOptional(),
  addressable: list(name),
  cookies: list(name),
  user_info: z.boolean().default(false),
  /** How the stage sets the pending user. Null: never. Absent: `by_name` if the stage may write `pending_user`. */
  identifies: z.enum(IDENTIFICATION_METHODS).nullable().exactOptional(),
  acts: z.boolean().default(true),
  /** False for a stage that has side effects only after the visitor has answered its challenge. */
  acts_on_entry: z.boolean().default(true),
  /** Response fields that only a person fills in. Null: every response shows that a person acted. */
  personal_fields: z.array(name).max(64).nullable().default(null),
  grants: z.boolean().default(false),
  changes_credentials: z.boolean().default(false),
  writes_data: z.boolean().default(false),
  deadline_ms: z.int().min(1).max(MAX_DEADLINE_MS).default(5000),
  page: stagePage.exactOptional(),
});

/**
 * A contract as JSON, the reply on `stage.<kind>.describe` (docs/spec/bus-protocol.md#descriptors). Unknown members are
 * stripped.
 */
export const stageDescriptor = z
  .unknown()
  .refine((value) => isWithin(value, MAX_DESCRIPTOR_DEPTH), { error: 'nested too deeply', abort: true })
  .refine((value) => JSON.stringify(value ?? null).length <= MAX_DESCRIPTOR_LENGTH, { error: 'too large', abort: true })
  .pipe(descriptor);
export type StageDescriptor = z.output<typeof stageDescriptor>;

const isWithin = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' || value === null
    ? true
    : levels > 0 && Object.values(value).every((member) => isWithin(member, levels - 1));
