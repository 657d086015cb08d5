import { defineEvent } from './audit-event.js';
import { draftedFlows, publishedFlow } from './event-contexts.js';

const FLOW = '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c';
const BY_COMMAND = 'the command of an administrator';

/** The actions of audit events about versions of flows. */
export const flowEvents = {
  flow_drafted: defineEvent({
    when: 'A run of blueprints has compiled versions of flows without publishing them.',
    ...{ level: 'info', outcome: 'success', actor: BY_COMMAND, subject: 'nobody' },
    context: draftedFlows,
    example: { flows: [{ slug: 'login', version: 4 }] },
  }),
  flow_published: defineEvent({
    when: 'An administrator makes a version of a flow current.',
    ...{ level: 'info', outcome: 'success', actor: BY_COMMAND, subject: 'nobody' },
    context: publishedFlow,
    example: { flow: { pk: FLOW, slug: 'login' }, version: 4, previous_version: 3 },
  }),
  flow_rolled_back: defineEvent({
    when: 'An administrator goes back to the version of a flow that was current before, or stops a rollout.',
    ...{ level: 'info', outcome: 'success', actor: BY_COMMAND, subject: 'nobody' },
    context: publishedFlow,
    example: { flow: { pk: FLOW, slug: 'login' }, version: 3, previous_version: 4, reason: 'captcha fails' },
  }),
};
