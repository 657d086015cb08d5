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
  /**
   * uuid of the user whose events are delivered in order; null for a mail, and for an event that is about no saved
   * user.
   */
  readonly user: string | null;
}

/** Returns the seal id of an outbox row, to which its encryption is bound. */
export const outboxSealId = (id: string): SealId => ({ table: 'flow.outbox', id, revision: 0 });

/**
 * Returns an outbox row with an encrypted body, because mails contain secret links and events contain personal data.
 * The body contains the id of the active span (`traceparent`), so that the trace of the delivery can link to it.
 */
export function outboxRow({ topic, body, user }: OutboxMessage, sealer: Sealer): OutboxRow {
  const id = uuidV7();
  const traceparent = activeTraceparent();
  const sealed = traceparent === undefined ? body : { ...body, traceparent };
  return { id, topic, body: sealer.seal(outboxSealId(id), sealed), user: user ?? null };
}

/**
 * Returns SQL that inserts an outbox row, due at once, for each row of `source`. Its parameters are `outboxParameters`,
 * numbered from `first`.
 */
export const insertOutboxRow = (source: string, first: number): string =>
  `INSERT INTO flow.outbox (id, topic, body, user_id, due_at)
    SELECT $${first}::uuid, $${first + 1}::text, $${first + 2}::bytea, $${first + 3}::uuid, now() FROM ${source}`;

/** Returns the parameters of `insertOutboxRow`. Without a row, they are all null. */
export const outboxParameters = (row: OutboxRow | undefined): unknown[] => [
  ...[row?.id ?? null, row?.topic ?? null, row?.body ?? null, row?.user ?? null],
];

/**
 * SQL that inserts outbox rows, due at once. Arrays with one element per row, as `outboxColumns` returns them: $1 ids,
 * $2 topics, $3 encrypted bodies, $4 users.
 */
export const INSERT_OUTBOX_ROWS = `INSERT INTO flow.outbox (id, topic, body, user_id, due_at)
    SELECT o.id, o.topic, o.body, o.user_id, now()
    FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[]) o(id, topic, body, user_id)`;

/**
 * Returns one array for each column of the rows, as parameters for a statement that inserts `unnest` of these arrays.
 */
export const outboxColumns = (rows: readonly OutboxRow[]) => ({
  ids: rows.map(({ id }) => id),
  topics: rows.map(({ topic }) => topic),
  bodies: rows.map(({ body }) => body),
  users: rows.map(({ user }) => user),
});

/** Returns the decrypted body of a row. Throws UnsealError. */
export const openOutboxRow = ({ id, body }: Pick<OutboxRow, 'id' | 'body'>, sealer: Sealer): unknown =>
  sealer.open(outboxSealId(id), body);

/**
 * Returns the span during which a message was created, from its decrypted body; undefined if that span was not
 * recorded.
 */
export const originOf = (body: unknown): SpanContext | undefined =>
  parseTraceparent((body as { readonly traceparent?: unknown } | undefined)?.traceparent);
