import {
  type ApiVersion,
  type AuditEvent,
  type PolicyReply,
  type PolicyRequest,
  policyException,
} from '@gatehouse/contracts';

import type { EventEffect } from './effects.js';

/** An event about a policy's result: that the policy failed, or that it was executed. */
export type VerdictEvent = Extract<AuditEvent, { readonly action: 'policy_exception' | 'policy_execution' }>;

/**
 * Returns whether to record an event of a policy. The action `custom` means all events that a reply requests, together.
 */
export type PolicyEventFilter = (action: VerdictEvent['action'] | 'custom', policy: string) => boolean;

interface EventOptions {
  /** Returns whether to record an event. By default, all are recorded. */
  readonly admits?: PolicyEventFilter;
  /** Called with each recorded event about a policy's result. */
  readonly onVerdict?: (event: VerdictEvent) => void;
}

/**
 * Returns the events to record for an evaluation: one for each policy that failed, one for each policy with execution
 * logging, and those that the reply requests. `admits` is called once for all requested events.
 */
export function policyEvents(
  request: PolicyRequest,
  reply: PolicyReply,
  { admits = () => true, onVerdict = () => undefined }: EventOptions = {},
): EventEffect[] {
  const verdicts = request.policies.flatMap((policy): VerdictEvent[] => {
    const event = verdictEvent(policy, reply.results[policy.id], request.site.api_version);
    return event && admits(event.action, policy.id) ? [event] : [];
  });
  for (const verdict of verdicts) onVerdict(verdict);
  return [...requestedEvents(request, reply, admits), ...verdicts].map(
    (event): EventEffect => ({ type: 'event', ...event }),
  );
}

function verdictEvent(
  { name: policy, kind, config }: PolicyRequest['policies'][number],
  result: PolicyReply['results'][string] | undefined,
  line: ApiVersion,
): VerdictEvent | undefined {
  const { pass: passing, messages = [], error } = result ?? {};
  if (error !== undefined)
    return { action: 'policy_exception', context: { ...policyException(error, line), policy, kind } };
  if (config['execution_logging'] !== true) return undefined;
  return {
    action: 'policy_execution',
    context: { message: 'Policy Execution', policy, kind, result: { passing, messages } },
  };
}

function requestedEvents({ policies }: PolicyRequest, { events = [] }: PolicyReply, admits: PolicyEventFilter) {
  const isAdmitted = events.length > 0 && admits('custom', policies.map(({ id }) => id).join(' '));
  return isAdmitted ? events : [];
}
