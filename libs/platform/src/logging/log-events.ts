import { gatewayEvents } from './gateway-events.js';
import type { FieldsOf } from './log-event.js';
import { processEvents } from './process-events.js';
import { serviceEvents } from './service-events.js';

/** All events that processes log, by name. docs/reference/logs.md is generated from this catalogue. */
export const logEvents = { ...processEvents, ...gatewayEvents, ...serviceEvents } as const;

export type LogEventName = keyof typeof logEvents;

/** Type of the argument after the event's name: the fields, or no argument for an event without fields. */
export type EventArguments<E extends LogEventName> = (typeof logEvents)[E]['fields'] extends readonly []
  ? []
  : [fields: FieldsOf<(typeof logEvents)[E]>];
