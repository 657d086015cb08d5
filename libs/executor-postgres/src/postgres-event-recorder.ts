import { type EventContext, type EventEffect, EventRecorder } from '@gatehouse/executor';
import { outboxColumns, outboxRow, requestedEventMessage } from '@gatehouse/outbox';
import { type NamedStatement, runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { eventFacts } from './event-facts.js';

/** Inserts outbox rows. Arrays with one element per row: $1 ids, $2 topics, $3 sealed bodies, $4 users. */
const RECORD: NamedStatement = {
  name: 'record_events',
  text: `INSERT INTO flow.outbox (id, topic, body, user_id, due_at)
    SELECT o.id, o.topic, o.body, o.user_id, now()
    FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[]) o(id, topic, body, user_id)`,
};

/** Stores events in the outbox. */
export class PostgresEventRecorder extends EventRecorder {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async record(events: readonly EventEffect[], about: EventContext): Promise<void> {
    if (events.length === 0) return;
    const facts = eventFacts(about);
    const rows = events.map((event) => outboxRow(requestedEventMessage(event, facts), this.sealer));
    const { ids, topics, bodies, users } = outboxColumns(rows);
    await runNamed(this.source, RECORD, [ids, topics, bodies, users]);
  }
}
