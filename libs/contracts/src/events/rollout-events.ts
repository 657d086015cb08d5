import { z } from 'zod';
import { BY_ADMINISTRATOR, defineEvent } from './audit-event.js';
import { rolloutFacts } from './guard-facts.js';

const FLOW = '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c';

const halted = rolloutFacts.extend({
  differences: z.array(z.string()).describe('what protects accounts in the candidate and is not the same now'),
});

/** The actions of audit events about rollouts. */
export const rolloutEvents = {
  flow_rollout_started: defineEvent({
    when: 'An administrator gives a share of the new plans of a flow a version, or changes the share.',
    ...{ level: 'info', outcome: 'success', actor: BY_ADMINISTRATOR, subject: 'nobody' },
    context: rolloutFacts.omit({ guard: true }).extend({
      percent: z.number(),
      guard_margin: z.number().optional().describe('allowed drop of the completion rate in percentage points'),
      reason: z.string().optional().describe('why, in the words of the administrator'),
    }),
    example: { flow: { pk: FLOW, slug: 'login' }, version: 4, current_version: 3, percent: 10, guard_margin: 2 },
  }),
  flow_rollout_halted: defineEvent({
    when: 'The completion rate of a rollout has dropped by more than its guard allows, and the guard has not gone back, because the version before may protect accounts less. The share stays.',
    ...{ level: 'error', outcome: 'failure', actor: 'Gatehouse', subject: 'nobody' },
    context: halted,
    example: {
      ...{ flow: { pk: FLOW, slug: 'login' }, version: 4, current_version: 3 },
      differences: ['the new step "second factor" (authenticator_validate)'],
      guard: {
        ...{ margin: 2, probability: 0.0003, level: 0.005 },
        current: { plans: 3600, completed: 3312, networks: 900, rate: 0.921 },
        candidate: { plans: 400, completed: 288, networks: 310, rate: 0.724 },
      },
    },
  }),
};
