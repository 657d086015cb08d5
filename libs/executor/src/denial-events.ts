import type { AuditEvent, Message } from '@gatehouse/contracts';
import type { Step } from '@gatehouse/plan';
import type { EventEffect } from './effects.js';
import { eventContextOf } from './event-context.js';
import type { FlowRun } from './flow-run.js';

/**
 * Returns the event that records the denial of a plan. Returns no event if the visitor has proved nothing or the plan
 * is not stored, because anonymous visitors and reloads of a page could cause any number of such events.
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
