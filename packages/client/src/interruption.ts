import type { Reply } from './reply.js';
import type { Interruption } from './types.js';

/**
 * Returns why the result of a response is unknown. Such a response must not be sent again: the next step can have the
 * same component, and would get it. Undefined if the reply tells the result, or that the response was not processed.
 */
export function interruptionOf(reply: Reply): Interruption | undefined {
  if (reply.kind === 'unavailable') return reply.unprocessed ? undefined : 'unavailable';
  return reply.kind === 'refused' && reply.code === 'csrf_failed' ? 'csrf_failed' : undefined;
}

/**
 * Returns whether two challenges are equal except for their errors. After an interruption, a form may then keep its
 * input. Two steps that look the same in every field cannot be told apart.
 */
export const isSameChallenge = (one: object, other: object): boolean => withoutErrors(one) === withoutErrors(other);

/** Returns the JSON of a challenge. The gateway sends the fields of a component in the same order always. */
const withoutErrors = (challenge: object) => JSON.stringify({ ...challenge, response_errors: undefined });
