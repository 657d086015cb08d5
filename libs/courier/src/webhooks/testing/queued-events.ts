import type { EventActor, User } from '@gatehouse/contracts';
import { REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { eventBody, insertOutboxRow, outboxParameters, outboxRow, requestedEventMessage } from '@gatehouse/outbox';
import type { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { OutboxRepository } from '../../outbox.repository.js';

/** An event that a test queues for delivery to endpoints. */
export interface QueuedEvent {
  readonly user?: User | undefined;
  readonly endpoints: readonly string[];
  readonly number?: number;
  readonly action?: string;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly actor?: EventActor;
}

/** Stores events as a courier does after publishing them, and queues them for endpoints. Returns their ids. */
export async function queueEvents(
  source: DataSource,
  sealer: Sealer,
  events: readonly QueuedEvent[],
): Promise<string[]> {
  const outbox = new OutboxRepository(source, sealer);
  const ids: string[] = [];
  for (const { user, endpoints, number = 0, action = 'custom_seen', context = { number }, actor } of events) {
    const facts = { ...REQUEST_FACTS, user, requestId: 'f'.repeat(32), ...(actor && { actor }) };
    const message = requestedEventMessage({ action, context }, facts);
    const row = outboxRow(message, sealer);
    await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
    const leased = await outbox.lease('event', 1000, 60);
    await outbox.keep(leased.map((event) => ({ message: event, body: eventBody.parse(event.body), endpoints })));
    ids.push(row.id);
  }
  return ids;
}
