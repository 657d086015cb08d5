import type { AuditEvent, PolicyReply, PolicyRequest } from '@gatehouse/contracts';

import type { EventEffect } from './effects.js';

/**
 * Returns the events of an evaluation: the events in the reply, one event for each policy in `reported` that could not
 * decide, and one for each policy with execution logging. `reported` has ids of policies.
 */
export function policyEvents(
  { policies }: PolicyRequest,
  { results, events = [] }: PolicyReply,
  reported: ReadonlySet<string>,
): EventEffect[] {
  const judged = policies.flatMap(({ id, name: policy, kind, config }): EventEffect[] => {
    const { pass: passing, messages = [], error } = results[id] ?? {};
    if (error !== undefined) {
      if (!reported.has(id)) return [];
      return [eventEffect({ action: 'policy_exception', context: { message: error, policy, kind } })];
    }
    if (config['execution_logging'] !== true) return [];
    const context = { message: 'Policy Execution', policy, kind, result: { passing, messages } } as const;
    return [eventEffect({ action: 'policy_execution', context })];
  });
  return [...events.map((event): EventEffect => ({ type: 'event', ...event })), ...judged];
}

const eventEffect = ({ action, context }: AuditEvent): EventEffect => ({ type: 'event', action, context });
