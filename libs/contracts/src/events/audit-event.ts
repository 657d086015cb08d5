import type { z } from 'zod';

/** How much attention an event needs, from the least to the most. */
export const EVENT_LEVELS = ['info', 'warning', 'error'] as const;
export type EventLevel = (typeof EVENT_LEVELS)[number];

/** What became of the action: it was done, it failed because of a wrong proof or an error, or it was not allowed. */
export const EVENT_OUTCOMES = ['success', 'failure', 'refused'] as const;
export type EventOutcome = (typeof EVENT_OUTCOMES)[number];

/** An action that audit events record. `npm run docs` writes docs/reference/events.md from these definitions. */
export interface AuditEventDefinition<S extends z.ZodObject = z.ZodObject> {
  /** A sentence that says when the event happens. */
  readonly when: string;
  readonly level: EventLevel;
  readonly outcome: EventOutcome;
  /** Says who causes the event. */
  readonly actor: string;
  /** Says whom the event is about: its member `user`. */
  readonly subject: string;
  readonly context: S;
  /** A context with all members that are usual. */
  readonly example: z.input<S>;
}

/** Returns the definition, with the type of its context. */
export const defineEvent = <S extends z.ZodObject>(definition: AuditEventDefinition<S>): AuditEventDefinition<S> =>
  definition;

/** Who causes the events of a flow, and whom they are about. */
export const BY_PLAN = 'the visitor of the flow';
export const PENDING = 'the pending user of the flow';

/** Who changes flows. */
export const BY_ADMINISTRATOR = 'a command, or the superuser of the session or of the API token over HTTP';

/** Who causes the events of HTTP requests. Commands cause some of them, too. */
export const BY_VISITOR = 'the user of the session or of the API token';
export const OR_COMMAND = ', or a command';
