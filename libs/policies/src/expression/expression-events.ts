import { eventPayload, type PolicyReply, policyException } from '@gatehouse/contracts';
import type { EvaluationResult } from '@gatehouse/expressions';
import { type PolicyInput, UndecidedPolicyError } from '../policy.js';
import { redactPromptValues } from '../redact-prompt-values.js';

type EmittedEvent = NonNullable<PolicyReply['events']>[number];

/** Limits of nested policy calls and of created events. */
export interface ExpressionLimits {
  readonly callDepth: number;
  readonly events: number;
  readonly eventBytes: number;
}

/**
 * Returns the events that an expression created, and an event for each failed policy that it called. Throws
 * UndecidedPolicyError if the events exceed a limit.
 */
export function expressionEvents(
  { events, failures }: EvaluationResult,
  { name, facts, request }: Pick<PolicyInput, 'name' | 'facts' | 'request'>,
  limits: ExpressionLimits,
): EmittedEvent[] {
  if (events.length + failures.length === 0) return [];
  const emitted = [
    ...events.map(({ action, context }) => ({ action: actionOf(action), context: { ...context, policy: name } })),
    ...failures.map(({ policy, error }) => ({
      action: 'policy_exception',
      context: {
        ...{ policy },
        ...policyException(redactPromptValues(error, facts.context['prompt_data']), request.site.api_version),
      },
    })),
  ];
  if (facts.eventCount + emitted.length > limits.events)
    throw new UndecidedPolicyError(`The policies make more than ${limits.events} events.`);
  if (emitted.some((event) => Buffer.byteLength(JSON.stringify(event)) > limits.eventBytes))
    throw new UndecidedPolicyError(`The policy makes an event of more than ${limits.eventBytes} bytes.`);
  return eventPayload.array().parse(emitted);
}

/**
 * Returns the action of an event. It becomes a part of a NATS subject, so all characters except a-z are replaced by
 * `_`.
 */
const actionOf = (action: string) => `custom_${action.toLowerCase().replace(/[^a-z_]/g, '_')}`.slice(0, 64);
