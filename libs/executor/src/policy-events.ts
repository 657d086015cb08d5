import type { PolicyReply, PolicyRequest } from '@gatehouse/contracts';

import type { EventEffect } from './effects.js';

/**
 * Returns the events of an evaluation: the events in the reply, one event per error, and one per policy with execution
 * logging.
 */
export function policyEvents({ policies }: PolicyRequest, { results, events = [] }: PolicyReply): EventEffect[] {
  const judged = policies.flatMap(({ id, name: policy, kind, config }): EventEffect[] => {
    const { pass: passing, messages = [], error } = results[id] ?? {};
    if (error !== undefined) return [eventEffect('policy_exception', { message: error, policy, kind })];
    if (config['execution_logging'] !== true) return [];
    return [
      eventEffect('policy_execution', { message: 'Policy Execution', policy, kind, result: { passing, messages } }),
    ];
  });
  return [...events.map(({ action, context }) => eventEffect(action, context)), ...judged];
}

const eventEffect = (action: string, context: EventEffect['context']): EventEffect => ({
  type: 'event',
  action,
  context,
});
