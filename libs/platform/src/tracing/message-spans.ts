import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { SpanStart } from './active-span.js';

/** Header of a NATS message with the sender's span, in the format of W3C Trace Context. */
export const TRACEPARENT_HEADER = 'traceparent';

/** Attribute names from OpenTelemetry's conventions for messaging. They are not stable yet. */
const SYSTEM = 'messaging.system';
const DESTINATION = 'messaging.destination.name';
const OPERATION_NAME = 'messaging.operation.name';
const OPERATION_TYPE = 'messaging.operation.type';
const BODY_SIZE = 'messaging.message.body.size';
const BATCH_SIZE = 'messaging.batch.message_count';

/** Returns the span of a request over the bus, in the process that sends it and waits for the reply. */
export const requestSpan = (subject: string, bytes: number, attributes: Attributes): SpanStart => ({
  name: `request ${subject}`,
  kind: SpanKind.CLIENT,
  attributes: {
    ...{ [SYSTEM]: 'nats', [DESTINATION]: subject, [BODY_SIZE]: bytes },
    ...{ [OPERATION_NAME]: 'request', [OPERATION_TYPE]: 'send' },
    ...attributes,
  },
});

/** Returns the span of a request over the bus, in the process that answers it. */
export const answerSpan = (subject: string, bytes: number): SpanStart => ({
  name: `process ${subject}`,
  kind: SpanKind.SERVER,
  attributes: {
    ...{ [SYSTEM]: 'nats', [DESTINATION]: subject, [BODY_SIZE]: bytes },
    ...{ [OPERATION_NAME]: 'process', [OPERATION_TYPE]: 'process' },
  },
});

/** Returns the span of publishing a batch of messages. */
export const publishSpan = (destination: string, count: number): SpanStart => ({
  name: `publish ${destination}`,
  kind: SpanKind.PRODUCER,
  attributes: {
    ...{ [SYSTEM]: 'nats', [DESTINATION]: destination, [BATCH_SIZE]: count },
    ...{ [OPERATION_NAME]: 'publish', [OPERATION_TYPE]: 'send' },
  },
});
