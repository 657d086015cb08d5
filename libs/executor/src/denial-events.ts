import type { AuditEvent, Message } from '@gatehouse/contracts';
import type { Step } from '@gatehouse/plan';
import type { EventEffect } from './effects.js';
import { eventContextOf } from './event-context.js';
import type { FlowRun } from './flow-run.js';

/**
 * Returns the event that a plan ends with a denial. There is none for a visitor who has proved nothing, and none for a
 * plan that is not stored, because such a visitor or a page that reloads could cause any number of them.
 */
export function denialEvents(
  run: FlowRun,
  step: Step | undefined,
  { message, reason }: { readonly message: Message & { readonly text: string }; readonly reason?: string },
): EventEffect[] {
  if (!run.row || eventContextOf(run).actor.type === 'anonymous') return [];
  const event = {
    action: 'flow_denied',
    context: {
      message: message.text,
      ...(reason !== undefined && { reason }),
      ...(step && { stage: { kind: step.kind, name: step.name } }),
    },
  } as const satisfies AuditEvent;
  return [{ type: 'event', ...event }];
}
