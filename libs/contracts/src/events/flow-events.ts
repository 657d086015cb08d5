import { z } from 'zod';
import { BY_ADMINISTRATOR, defineEvent } from './audit-event.js';
import { draftedFlows, publishedFlow } from './event-contexts.js';

const endedStep = z.object({
  step: z.string().describe('id of the binding, or with a `~` of a step that a stage has inserted behind it'),
  kind: z.string().optional(),
  outcome: z.string(),
  ms: z.number().nullable().describe('since the entry before; null for the step at which the visitor has left'),
});

const FLOW = '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c';

/** The actions of audit events about versions of flows. */
export const flowEvents = {
  flow_ended: defineEvent({
    when: 'A run of a flow has left a journey record, with `JOURNEY_EVENTS=true` only. It names neither the user, nor the client, nor the plan.',
    ...{
      level: 'info',
      outcome: 'success',
      actor: 'the visitor of the flow, always as `anonymous`',
      subject: 'nobody',
    },
    context: z.object({
      version_id: z.uuid().describe('version of the flow, as in its funnel'),
      outcome: z.enum(['done', 'denied', 'abandoned', 'expired']),
      logged_in: z.boolean().describe('whether the visitor was logged in at the end'),
      reason: z.string().optional().describe('name of the reason of a denial'),
      seconds: z.number().describe('from the beginning to the end'),
      steps: z.array(endedStep).describe('the steps of the record, 50 at most'),
    }),
    example: {
      ...{ version_id: FLOW, outcome: 'abandoned', logged_in: false, seconds: 34.2 },
      steps: [
        { step: '0192f6a4-0001-7a8e-9c3b-5d2f1e4a6b8c', kind: 'identification', outcome: 'passed', ms: 4210 },
        { step: '0192f6a4-0002-7a8e-9c3b-5d2f1e4a6b8c', kind: 'password', outcome: 'abandoned', ms: null },
      ],
    },
  }),
  flow_drafted: defineEvent({
    when: 'A run of blueprints has compiled versions of flows without publishing them.',
    ...{ level: 'info', outcome: 'success', actor: BY_ADMINISTRATOR, subject: 'nobody' },
    context: draftedFlows,
    example: { flows: [{ slug: 'login', version: 4 }] },
  }),
  flow_published: defineEvent({
    when: 'An administrator makes a version of a flow current.',
    ...{ level: 'info', outcome: 'success', actor: BY_ADMINISTRATOR, subject: 'nobody' },
    context: publishedFlow,
    example: { flow: { pk: FLOW, slug: 'login' }, version: 4, previous_version: 3 },
  }),
  flow_rolled_back: defineEvent({
    when: 'An administrator goes back to the version of a flow that was current before, or stops a rollout.',
    ...{ level: 'info', outcome: 'success', actor: BY_ADMINISTRATOR, subject: 'nobody' },
    context: publishedFlow,
    example: { flow: { pk: FLOW, slug: 'login' }, version: 3, previous_version: 4, reason: 'captcha fails' },
  }),
};
