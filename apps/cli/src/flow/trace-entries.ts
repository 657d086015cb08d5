import type { FoundEvent, OutboxMessageState } from '@gatehouse/courier';
import type { EventBody } from '@gatehouse/outbox';
import type { Plan, Step } from '@gatehouse/plan';
import type { TraceEntry } from './flow-trace.js';

/** A message of the outbox that names the plan or the request that has caused it. */
export type TracedMessage = OutboxMessageState & { readonly about: Pick<EventBody, 'plan' | 'request_id'> };

/** Returns the name and the kind of a step. For a step that was inserted at run time, an ended plan has only the id. */
export function nameOf(id: string, steps: readonly Step[]): string {
  const step = steps.find((candidate) => candidate.id === id);
  return step ? `${step.name} (${step.kind})` : `step ${id}`;
}

/** Returns the beginning of a plan. The id of a plan is a UUID of version 7, which begins with its time. */
export const begunEntry = (plan: string): TraceEntry => ({
  at: new Date(Number.parseInt(plan.replaceAll('-', '').slice(0, 12), 16)).toISOString(),
  ...{ kind: 'begun', what: 'the plan begins', details: {} },
});

export const stepEntry = ({ step, outcome, at, ms }: Plan['trail'][number], steps: readonly Step[]): TraceEntry => ({
  ...{ at, kind: 'step', what: `${nameOf(step, steps)}: ${outcome}`, details: { ms } },
});

/** Returns a published event. If its sealing key is missing, only the action is known. */
export const keptEntry = ({ madeAt, action, body, problem }: FoundEvent): TraceEntry =>
  body
    ? eventEntry(body, { madeAt, state: 'published' })
    : { at: madeAt.toISOString(), kind: 'event', what: `${action}, published`, details: { unreadable: problem } };

/** Returns a mail or an event that is still in the outbox. */
export function messageEntry({ event, mail, madeAt, tries, parkedAt, error }: TracedMessage): TraceEntry {
  const state = parkedAt ? 'parked' : tries === 0 ? 'waits' : 'waits for another try';
  if (event) return eventEntry(event, { madeAt, state });
  const details = { to: mail?.to?.address ?? null, template: mail?.template, tries, ...(error && { error }) };
  return { at: madeAt.toISOString(), kind: 'mail', what: state, details };
}

interface EventDelivery {
  readonly madeAt: Date;
  readonly state: string;
}

/**
 * Returns an event. The context is a separate member, because expressions and external stages choose its keys, which
 * could collide with other members.
 */
const eventEntry = (body: EventBody, { madeAt, state }: EventDelivery): TraceEntry => ({
  ...{ at: madeAt.toISOString(), kind: 'event', what: `${body.action}, ${state}` },
  details: {
    ...(body.user && { user: body.user.username }),
    ...(body.user?.kind === 'saved' && !body.user.is_active && { account: 'locked' }),
    client_ip: body.client_ip,
    ...(body.request_id !== undefined && { request_id: body.request_id }),
    ...(Object.keys(body.context).length > 0 && { context: body.context }),
  },
});
