import {
  activeTraceparent,
  parseTraceparent,
  type Sealer,
  type SealId,
  type SpanContext,
  uuidV7,
} from '@gatehouse/platform';
import type { OutboxMessage } from './message.js';

/** A message as a row of `flow.outbox`. */
export interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly body: Buffer;
}

/** Returns the `SealId` of a row of the outbox. */
export const outboxSealId = (id: string): SealId => ({ table: 'flow.outbox', id, revision: 0 });

/**
 * Returns a row of the outbox with a sealed body, because mails contain secret links and events personal data. The body
 * names the span that is active now, so that the delivery can be linked to it.
 */
export function outboxRow({ topic, body }: OutboxMessage, sealer: Sealer): OutboxRow {
  const id = uuidV7();
  const traceparent = activeTraceparent();
  const sealed = traceparent === undefined ? body : { ...body, traceparent };
  return { id, topic, body: sealer.seal(outboxSealId(id), sealed) };
}

/** Returns the body of a row. Throws UnsealError. */
export const openOutboxRow = ({ id, body }: Pick<OutboxRow, 'id' | 'body'>, sealer: Sealer): unknown =>
  sealer.open(outboxSealId(id), body);

/** Returns the span in which the message with this body was created, if that span was recorded. */
export const originOf = (body: unknown): SpanContext | undefined =>
  parseTraceparent((body as { readonly traceparent?: unknown } | undefined)?.traceparent);
