import { z } from 'zod';
import { type LogEventName, logEvents } from './log-events.js';
import { LOG_LEVELS, logFields } from './log-fields.js';

/** Fields that are in every line. */
export const logHead = {
  time: z.iso.datetime().describe('Time in UTC (RFC 3339), with milliseconds'),
  level: z.enum(LOG_LEVELS).describe('Level'),
  service: z.string().describe('Name of the process: `gateway`, `password`, …, or `standalone` for `npm start`'),
  instance: z.string().describe('`INSTANCE_NAME`, by default the host name, which is the name of the pod or container'),
  event: z.enum(Object.keys(logEvents) as [LogEventName, ...LogEventName[]]).describe('Name of the event'),
  msg: z.string().describe('Sentence about the event. It is the same in every line of an event, except in `framework`'),
};

/** Fields that may be in a line of any event. */
export const logTail = {
  trace_id: z.string().optional().describe('Id of the trace, while a traced request is processed'),
  span_id: z.string().optional().describe('Id of the span in that trace'),
  cut: z.literal(true).optional().describe('The line was longer than `LOG_LINE_BYTES`, and its long texts were cut'),
};

const optionalFields = z.strictObject(logFields).partial().shape;

/** Schema of every line that a process writes to standard output. Accepts only the fields that the event lists. */
export const logLine = z.strictObject({ ...logHead, ...optionalFields, ...logTail }).refine(
  ({ event, ...line }) => {
    const fields: readonly string[] = logEvents[event].fields;
    return Object.keys(line).every((name) => name in logHead || name in logTail || fields.includes(name));
  },
  { error: ({ input }) => `a field is not listed for the event ${String((input as { event: unknown }).event)}` },
);
