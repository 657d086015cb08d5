import { z } from 'zod';
import { type AuditEventDefinition, BY_PLAN, defineEvent, PENDING } from './audit-event.js';

/** The audit events of policies. */
export const policyEvents = {
  policy_exception: defineEvent({
    when: 'A policy fails, so that the `failure_result` of its binding decides.',
    ...{ level: 'error', outcome: 'failure', actor: BY_PLAN, subject: PENDING },
    context: z.object({
      message: z.string().describe('the error; under 2026.8 `Policy failed to execute`'),
      exception: z.object({ message: z.string() }).optional().describe('under 2026.8 only: the error'),
      policy: z.string(),
      kind: z.string().optional(),
    }),
    example: { message: 'division by zero', policy: 'office-hours', kind: 'expression' },
  }),
  policy_shadow: defineEvent({
    when: 'A shadow condition was evaluated, which is not enforced.',
    ...{ level: 'info', outcome: 'success', actor: BY_PLAN, subject: PENDING },
    context: z.object({
      message: z.literal('Shadow Policy'),
      binding: z.string().describe('id of the policy binding'),
      condition: z.enum(['policy', 'group', 'user']),
      policy: z.string().nullable().describe('name of the policy; null for a group or a user'),
      outcome: z.enum(['pass', 'fail', 'undecided']),
      error: z.string().optional().describe('why the condition could not be decided'),
      messages: z.array(z.string()).optional().describe('messages of the policy, which the visitor does not see'),
      met: z.boolean().describe('verdict of the enforced conditions'),
      would_be_met: z.boolean().describe('verdict if this condition were enforced too'),
    }),
    example: {
      ...{ message: 'Shadow Policy', binding: '3c9b7d0e-2b51-4f0a-8b53-1f0a6a0c0007', condition: 'policy' },
      ...{ policy: 'office-hours', outcome: 'fail', messages: ['The office is closed.'] },
      ...{ met: true, would_be_met: false },
    },
  }),
  policy_execution: defineEvent({
    when: 'A policy with `execution_logging` has decided.',
    ...{ level: 'info', outcome: 'success', actor: BY_PLAN, subject: PENDING },
    context: z.object({
      message: z.literal('Policy Execution'),
      policy: z.string(),
      kind: z.string(),
      result: z.object({ passing: z.boolean().optional(), messages: z.array(z.string()) }),
    }),
    example: {
      message: 'Policy Execution',
      policy: 'office-hours',
      kind: 'expression',
      result: { passing: true, messages: [] },
    },
  }),
} as const satisfies Readonly<Record<string, AuditEventDefinition>>;
