import { z } from 'zod';
import { BY_PLAN, BY_VISITOR, defineEvent, OR_COMMAND, PENDING } from './audit-event.js';
import { invitation, invitationReference } from './event-contexts.js';

const INVITATION = {
  ...{ name: 'friends', flow: null, single_use: true, expires: '2026-11-30T12:00:00.000Z' },
  reference: '21e5a57ffb97c41e',
};

/** The actions of audit events about invitations. */
export const invitationEvents = {
  invitation_used: defineEvent({
    when: 'A flow has used an invitation.',
    ...{ level: 'info', outcome: 'success', actor: BY_PLAN, subject: PENDING },
    context: z.object({
      name: z.string().optional().describe('absent if a service before 1.0 has written the event'),
      reference: invitationReference.optional(),
      invitation_uuid: z.string().optional().describe('masked; only if a service before 1.0 has written the event'),
    }),
    example: { name: 'friends', reference: '21e5a57ffb97c41e' },
  }),
  invitation_created: defineEvent({
    when: 'An administrator or a blueprint creates an invitation. Its id is a secret and not recorded.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR + OR_COMMAND, subject: 'nobody' },
    context: invitation,
    example: INVITATION,
  }),
  invitation_changed: defineEvent({
    when: 'An administrator or a blueprint changes an invitation. The context is that after the change.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR + OR_COMMAND, subject: 'nobody' },
    context: invitation,
    example: INVITATION,
  }),
  invitation_deleted: defineEvent({
    when: 'An administrator or a blueprint deletes an invitation.',
    ...{ level: 'info', outcome: 'success', actor: BY_VISITOR + OR_COMMAND, subject: 'nobody' },
    context: invitation,
    example: INVITATION,
  }),
};
