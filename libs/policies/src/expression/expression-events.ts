import { eventPayload, type PolicyReply } from '@gatehouse/contracts';
import type { EvaluationResult } from '@gatehouse/expressions';
import { type PolicyInput, UndecidedPolicyError } from '../policy.js';
import { redactPromptValues } from '../redact-prompt-values.js';

type EmittedEvent = NonNullable<PolicyReply['events']>[number];

/** Limits of the side effects of expressions. */
export interface ExpressionLimits {
  readonly callDepth: number;
  readonly events: number;
  readonly eventBytes: number;
}

/**
 * Returns the events that an expression created, and one event for each failed policy that the expression called.
 * Throws UndecidedPolicyError when the events exceed a limit.
 */
export function expressionEvents(
  { events, failures }: EvaluationResult,
  { name, facts }: Pick<PolicyInput, 'name' | 'facts'>,
  limits: ExpressionLimits,
): EmittedEvent[] {
  if (events.length + failures.length === 0) return [];
  const emitted = [
    ...events.map(({ action, context }) => ({ action: actionOf(action), context: { ...context, policy: name } })),
    ...failures.map(({ policy, error }) => ({
      action: 'policy_exception',
      context: { policy, message: redactPromptValues(error, facts.context['prompt_data']) },
    })),
  ];
  if (facts.eventCount + emitted.length > limits.events)
    throw new UndecidedPolicyError(`The policies make more than ${limits.events} events.`);
  if (emitted.some((event) => Buffer.byteLength(JSON.stringify(event)) > limits.eventBytes))
    throw new UndecidedPolicyError(`The policy makes an event of more than ${limits.eventBytes} bytes.`);
  return eventPayload.array().parse(emitted);
}

/**
 * Returns the action of an event. The action is a part of the NATS subject, so characters other than a-z become `_`.
 */
const actionOf = (action: string) => `custom_${action.toLowerCase().replace(/[^a-z_]/g, '_')}`.slice(0, 64);
