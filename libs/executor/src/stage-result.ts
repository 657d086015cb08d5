import type { Errors, StageContract, StageReply } from '@gatehouse/contracts';
import { type AttemptSettlement, EMPTY_SETTLEMENT } from './attempts/settlement.js';

/** The reply of a step, the states of its embedded stages, and how to settle the attempts of the answer. */
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

/** Whether the stage refused the answer. */
export const isWrongAnswer = ({ type }: StageReply) => type === 'rejected' || type === 'denied';

/** Returns a result without states of embedded stages and without attempts. */
export const resultOf = (reply: StageReply): StageResult => ({ reply, states: {}, settlement: EMPTY_SETTLEMENT });

/** Returns an object with the state of a reply under this key, or an empty object if the reply has no state. */
export const stateEntry = (key: string, reply: StageReply) =>
  'state' in reply && reply.state ? { [key]: reply.state } : {};

/**
 * Whether the next answer needs a new work id: after a rejection, and after a challenge that stores state or facts. Any
 * other challenge replies to an answer that only chose an item, for which the stage has written nothing yet.
 */
export const isNextAnswerNew = (reply: StageReply): boolean =>
  reply.type === 'rejected' ? true : reply.type === 'challenge' && (reply.state ?? reply.context) !== undefined;

/** Whether a repetition of the answer must not reach the stage: the reply has judged it, or has changed the plan. */
export const endsAnswer = (reply: StageReply): boolean => reply.type !== 'challenge' || isNextAnswerNew(reply);

/** Returns the challenge as a rejection with the errors of a body that is not a JSON object. */
export function asRejection({ reply, ...rest }: StageResult, errors: Errors): StageResult {
  return { ...rest, reply: reply.type === 'challenge' ? { ...reply, type: 'rejected', errors } : reply };
}
