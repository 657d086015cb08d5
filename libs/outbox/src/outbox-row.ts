import { randomUUID } from 'node:crypto';
import type { Sealer } from '@gatehouse/platform';
import type { OutboxMessage } from './message.js';

/** A message as a row of `flow.outbox`. */
export interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly body: Buffer;
}

const sealedRow = (id: string) => ({ table: 'flow.outbox', id, revision: 0 });

/** A row of the outbox, its body sealed: a mail's link is a secret, and an event says who did what. */
export function outboxRow({ topic, body }: OutboxMessage, sealer: Sealer): OutboxRow {
  const id = randomUUID();
  return { id, topic, body: sealer.seal(sealedRow(id), body) };
}

/** What is in a row. Throws Unsealable. */
export const openOutboxRow = ({ id, body }: Pick<OutboxRow, 'id' | 'body'>, sealer: Sealer): unknown =>
  sealer.open(sealedRow(id), body);
