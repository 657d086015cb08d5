import type { z } from 'zod';

/** How much attention an event needs, from the least to the most. */
export const EVENT_LEVELS = ['info', 'warning', 'error'] as const;
export type EventLevel = (typeof EVENT_LEVELS)[number];

/** Result of the action: it succeeded, it failed because of a wrong proof or an error, or it was not allowed. */
export const EVENT_OUTCOMES = ['success', 'failure', 'refused'] as const;
export type EventOutcome = (typeof EVENT_OUTCOMES)[number];

/** An action that audit events record. `npm run docs` writes docs/reference/events.md from these definitions. */
export interface AuditEventDefinition<S extends z.ZodObject = z.ZodObject> {
  /** A sentence that says when the event happens. */
  readonly when: string;
  readonly level: EventLevel;
  readonly outcome: EventOutcome;
  /** Who causes the event, for the docs page. */
  readonly actor: string;
  /** Whom the event is about (its member `user`), for the docs page. */
  readonly subject: string;
  readonly context: S;
  /** An example of the context, with its usual members. */
  readonly example: z.input<S>;
}

/** Returns the definition, with the type of its context. */
export const defineEvent = <S extends z.ZodObject>(definition: AuditEventDefinition<S>): AuditEventDefinition<S> =>
  definition;

/** Actor and subject of the events of a flow. */
export const BY_PLAN = 'the visitor of the flow';
export const PENDING = 'the pending user of the flow';

/** Actor of events about changes of flows. */
export const BY_ADMINISTRATOR = 'a command, or the superuser of the session or of the API token over HTTP';

/** Actor of the events of HTTP requests. OR_COMMAND is appended if commands cause the event, too. */
export const BY_VISITOR = 'the user of the session or of the API token';
export const OR_COMMAND = ', or a command';
