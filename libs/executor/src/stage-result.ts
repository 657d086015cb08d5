import type { Errors, StageContract, StageReply } from '@gatehouse/contracts';
import { type AttemptSettlement, EMPTY_SETTLEMENT } from './attempts/settlement.js';

/**
 * The reply of a step's stage, the states of its embedded stages, and whether the answer's attempts are reset or
 * released.
 */
export interface StageResult {
  readonly reply: StageReply;
  /** New states of embedded stages, by state key. Null removes a state. */
  readonly states: Readonly<Record<string, Record<string, unknown> | null>>;
  readonly settlement: AttemptSettlement;
}

/** Returns a reply without the challenge fields that the contract does not declare. */
export const withoutUndeclaredFields = <R extends Extract<StageReply, { challenge: object }>>(
  { challenge: schema }: StageContract,
  reply: R,
): R => ({
  ...reply,
  challenge: schema.parse(reply.challenge),
});

/** Returns the effects of a reply of any type. */
export const effectsOf = (reply: StageReply) => reply.effects ?? [];

/** Whether the reply says that the answer was wrong. */
export const isWrongAnswer = ({ type }: StageReply) => type === 'rejected' || type === 'denied';

/** Returns a result without states of embedded stages and without attempts. */
export const resultOf = (reply: StageReply): StageResult => ({ reply, states: {}, settlement: EMPTY_SETTLEMENT });

/** Returns an object that maps `key` to the state in the reply, or an empty object if the reply has no state. */
export const stateEntry = (key: string, reply: StageReply) =>
  'state' in reply && reply.state ? { [key]: reply.state } : {};

/**
 * Whether the next answer needs a new work id: after a rejection, and after a challenge that stores state or facts.
 * After any other challenge the visitor has only chosen an item, so the stage has written nothing yet.
 */
export const isNextAnswerNew = (reply: StageReply): boolean =>
  reply.type === 'rejected' ? true : reply.type === 'challenge' && (reply.state ?? reply.context) !== undefined;

/**
 * Whether a repetition of the same answer must not reach the stage, because the reply has judged the answer or changed
 * the plan.
 */
export const endsAnswer = (reply: StageReply): boolean => reply.type !== 'challenge' || isNextAnswerNew(reply);

/** Turns a challenge into a rejection with these errors, for a body that is not a JSON object. */
export function asRejection({ reply, ...rest }: StageResult, errors: Errors): StageResult {
  return { ...rest, reply: reply.type === 'challenge' ? { ...reply, type: 'rejected', errors } : reply };
}
