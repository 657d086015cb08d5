import { eventPayload, type PolicyReply } from '@gatehouse/contracts';
import type { EvaluationResult } from '@gatehouse/expressions';
import { type PolicyInput, UndecidedPolicyError } from '../policy.js';
import { redactPromptValues } from '../redact-prompt-values.js';

type EmittedEvent = NonNullable<PolicyReply['events']>[number];

/** How much an expression may do beside saying yes or no. */
export interface ExpressionLimits {
  readonly callDepth: number;
  readonly events: number;
  readonly eventBytes: number;
}

/** What an expression made happen, and what went wrong in policies that it called. Throws Undecidable for too much. */
export function expressionEvents(
  { events, failures }: EvaluationResult,
  { name, facts }: Pick<PolicyInput, 'name' | 'facts'>,
  limits: ExpressionLimits,
): EmittedEvent[] {
  if (events.length + failures.length === 0) return [];
  const all = [
    ...events.map(({ action, context }) => ({ action: actionOf(action), context: { ...context, policy: name } })),
    ...failures.map(({ policy, error }) => ({
      action: 'policy_exception',
      context: { policy, message: redactPromptValues(error, facts.context['prompt_data']) },
    })),
  ];
  if (facts.told + all.length > limits.events)
    throw new UndecidedPolicyError(`The policies make more than ${limits.events} events.`);
  if (all.some((event) => Buffer.byteLength(JSON.stringify(event)) > limits.eventBytes))
    throw new UndecidedPolicyError(`The policy makes an event of more than ${limits.eventBytes} bytes.`);
  return eventPayload.array().parse(all);
}

/** The name of an event is a part of the subject that it is published on. */
const actionOf = (action: string) => `custom_${action.toLowerCase().replace(/[^a-z_]/g, '_')}`.slice(0, 64);
