import type { Reply } from './reply.js';
import type { Interruption } from './types.js';

/**
 * Returns why the result of a response is unknown. Such a response must not be sent again: the next step can have the
 * same component, and would get it. Undefined if the reply tells the result, or that the response was not processed.
 */
export function interruptionOf(reply: Reply): Interruption | undefined {
  if (reply.kind === 'challenge') return reply.unapplied ? 'other_step' : undefined;
  if (reply.kind === 'unavailable') return reply.unprocessed ? undefined : 'unavailable';
  return reply.code === 'csrf_failed' ? 'csrf_failed' : undefined;
}
