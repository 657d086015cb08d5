import { z } from 'zod';
import { effect } from './effect.js';
import { errors, message } from './message.js';

const bag = z.record(z.string(), z.unknown());

/**
 * Steps to insert: `before` the current step, which then runs again, `next` (right after it), or `last` in the plan.
 */
export const insert = z.object({
  where: z.enum(['before', 'next', 'last']),
  steps: z.array(z.union([z.object({ attached: z.string() }), z.object({ kind: z.string(), config: bag })])),
});
export type Insert = z.output<typeof insert>;

/**
 * Name of the kind of work that judging a response takes, such as a hash algorithm. Set if the work differs between
 * users. The gateway delays the reply for a locked credential by the time that a wrong response with the same cost
 * takes (docs/spec/attempts.md#refused-attempts).
 */
const cost = z.string().max(64).optional();

/**
 * Name of the reason for a denial. Pages explain the reason in their own words (docs/adr/0061), and clients of the API
 * see only the message.
 */
export const denialReason = z
  .string()
  .max(64)
  .regex(/^[a-z0-9_]+$/);

/** Largest number of effects in a reply, because each may become a row of the outbox. */
export const MAX_EFFECTS = 64;
const effects = z.array(effect).max(MAX_EFFECTS).optional();

/** The reply of a stage, one of four types (docs/spec/bus-protocol.md#reply). A failure is a `stageProblem` instead. */
export const stageReply = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('challenge'),
    challenge: bag,
    state: bag.optional(),
    context: bag.optional(),
    errors: errors.optional(),
    effects,
  }),
  z.object({
    type: z.literal('rejected'),
    errors,
    challenge: bag,
    state: bag.optional(),
    context: bag.optional(),
    failed: z.array(z.string()).optional(),
    cost,
    effects,
  }),
  z.object({
    type: z.literal('passed'),
    context: bag.optional(),
    effects,
    insert: insert.optional(),
    verified: z.array(z.string()).optional(),
    /** True if the visitor's response gives the consent for which the challenge asked. */
    consented: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('denied'),
    message: message.optional(),
    reason: denialReason.optional(),
    context: bag.optional(),
    failed: z.array(z.string()).optional(),
    cost,
    effects,
  }),
]);
export type StageReply = z.output<typeof stageReply>;

/** Codes of the problems that a stage or the policy service can reply with. */
export const STAGE_PROBLEM_CODES = ['stage_busy', 'stage_fault', 'stage_bad_request'] as const;

/** Outcomes of a request to a stage: the type of the reply, or the code of the problem. */
export const STAGE_OUTCOMES = [...stageReply.options.map(({ shape }) => shape.type.value), ...STAGE_PROBLEM_CODES];

/** The reply of a stage that failed. */
export const stageProblem = z.object({
  problem: z.object({
    code: z.enum(STAGE_PROBLEM_CODES),
    retry_after_s: z.number().optional(),
    detail: z.string().optional(),
    /** Stack trace, shown to superusers only. */
    trace: z.string().optional(),
  }),
});
export type StageProblem = z.output<typeof stageProblem>;
